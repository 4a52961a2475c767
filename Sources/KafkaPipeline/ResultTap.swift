import KafkaClient
import Synchronization

/// Lets others watch the results of a pipeline as they are handed to the client. Nobody watching costs one load for each pass.
///
/// It lives as long as the pipeline, over its attempts. What comes faster than `mostPerSecond` is counted instead of shown.
package final class ResultTap: Sendable {
  package enum Word: Sendable {
    /// The result as it is on its topic: one JSON object. At: Unix ms.
    case result([UInt8], topic: String, at: Int64)
    /// So many were not shown, since too many came in one second.
    case dropped(Int64)
  }

  /// Called on a lane's thread: it must not wait.
  package typealias Listener = @Sendable (Word) -> Void

  static let mostPerSecond = 1_000

  private struct State {
    var listeners: [Int: Listener] = [:]
    var next = 0
    /// The second in hand, and how many were shown in it.
    var second: Int64 = 0
    var shown = 0
    var dropped: Int64 = 0
  }

  private let state = Mutex(State())
  private let watched = Atomic<Bool>(false)

  package init() {}

  package func follow(_ listener: @escaping Listener) -> Int {
    state.withLock { state in
      state.next += 1
      state.listeners[state.next] = listener
      watched.store(true, ordering: .relaxed)
      return state.next
    }
  }

  package func unfollow(_ id: Int) {
    state.withLock { state in
      state.listeners[id] = nil
      if state.listeners.isEmpty { watched.store(false, ordering: .relaxed) }
    }
  }

  var isWatched: Bool { watched.load(ordering: .relaxed) }

  func offer(_ value: UnsafeRawBufferPointer, topic: String, at now: Int64) {
    let (listeners, dropped) = state.withLock { state -> ([Listener], Int64) in
      if now / 1_000 != state.second { (state.second, state.shown) = (now / 1_000, 0) }
      guard state.shown < Self.mostPerSecond else {
        state.dropped += 1
        return ([], 0)
      }
      state.shown += 1
      defer { state.dropped = 0 }
      return (Array(state.listeners.values), state.dropped)
    }
    if listeners.isEmpty { return }
    let bytes = Array(value)
    for listener in listeners {
      if dropped > 0 { listener(.dropped(dropped)) }
      listener(.result(bytes, topic: topic, at: now))
    }
  }
}
