import Dispatch
import HTTPServer
import Synchronization

/// The open server-sent streams. Each gets a comment every `heartbeatMs`: a client that left is noticed by what is sent to it.
final class LiveStreams: Sendable {
  static let heartbeatMs = 10_000
  private static let heartbeat = Array(": heartbeat\n\n".utf8)

  private struct State {
    var streams: [ObjectIdentifier: HTTPStream] = [:]
    var isBeating = false
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "penstock.heartbeat")

  /// The header fields of such a stream.
  static let headers: [(name: String, value: String)] = [(name: "Content-Type", value: "text/event-stream"), (name: "X-Accel-Buffering", value: "no")]

  func add(_ stream: HTTPStream) {
    let begins = state.withLock { state in
      state.streams[ObjectIdentifier(stream)] = stream
      defer { state.isBeating = true }
      return !state.isBeating
    }
    if begins { beatLater() }
  }

  func remove(_ stream: ObjectIdentifier) { state.withLock { _ = $0.streams.removeValue(forKey: stream) } }

  private func beatLater() {
    queue.asyncAfter(deadline: .now() + .milliseconds(Self.heartbeatMs)) { [weak self] in
      guard let self else { return }
      let streams = state.withLock { state in
        state.isBeating = !state.streams.isEmpty
        return Array(state.streams.values)
      }
      for stream in streams { _ = stream.send(Self.heartbeat) }
      if !streams.isEmpty { beatLater() }
    }
  }
}
