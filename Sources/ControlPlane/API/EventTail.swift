import Synchronization

/// A pipeline's events on their way to one client: each once, in the order of their numbers, without a gap.
///
/// What is sent is read from the history, not from who tells of it: those tell at the same time, from several threads and in any order.
final class EventTail: Sendable {
  private struct State {
    var last: Int64
    var hasNews = false
    var isSending = false
    /// There will be no more.
    var isOver = false
  }

  private let history: PipelineHistory
  private let state: Mutex<State>
  private let send: @Sendable ([UInt8]) -> Bool
  private let finish: @Sendable () -> Void

  /// Of the events after that number. `send` is false once the client takes no more; then it is cut off by `finish`, and goes on with
  /// Last-Event-ID.
  init(_ history: PipelineHistory, after sequence: Int64, send: @escaping @Sendable ([UInt8]) -> Bool, finish: @escaping @Sendable () -> Void) {
    self.history = history
    self.send = send
    self.finish = finish
    state = Mutex(State(last: sequence))
  }

  /// Sends what was not sent yet. Whoever comes while another sends leaves it to that one, so nobody waits.
  func sendNews() { go { $0.hasNews = true } }

  /// Sends the rest, then no more.
  func end() {
    go {
      $0.hasNews = true
      $0.isOver = true
    }
  }

  private func go(_ change: (inout State) -> Void) {
    let isMine = state.withLock { state in
      change(&state)
      defer { state.isSending = true }
      return !state.isSending
    }
    guard isMine else { return }
    while true {
      let (last, isOver) = state.withLock { Self.take(&$0) }
      guard let last else {
        if isOver { finish() }
        return
      }
      let events = history.events(after: last)
      // Left as it is after that, it takes nothing more.
      for event in events where !send(ServerSentEvent.bytes(event)) { return finish() }
      if let newest = events.last { state.withLock { $0.last = newest.sequence } }
    }
  }

  /// `last`: after it there may be something to send; nil if there is nothing.
  private static func take(_ state: inout State) -> (last: Int64?, isOver: Bool) {
    state.isSending = state.hasNews
    defer { state.hasNews = false }
    return (state.hasNews ? state.last : nil, state.isOver)
  }
}
