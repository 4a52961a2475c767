import Synchronization

/// Answers one request, once, at once or later, from any thread. An answer given twice is ignored; a responder that is dropped
/// without an answer gives `HTTPFailure.noAnswer`.
package final class HTTPResponder: Sendable {
  private struct State {
    /// nil once answered.
    var deliver: (@Sendable (HTTPResponse) -> Void)?
    /// Set by the router, which knows how the application words a failure.
    var fallback: (@Sendable () -> HTTPResponse)?

    /// Both closures, leaving none: they are called, and released, outside the lock.
    mutating func take() -> State {
      defer { self = State() }
      return self
    }
  }

  private let state: Mutex<State>

  package init(_ deliver: @escaping @Sendable (HTTPResponse) -> Void) {
    state = Mutex(State(deliver: deliver))
  }

  package func respond(_ response: HTTPResponse) {
    state.withLock { $0.take() }.deliver?(response)
  }

  /// What to answer if nobody does.
  func answerWhenDropped(_ fallback: @escaping @Sendable () -> HTTPResponse) {
    state.withLock { $0.fallback = fallback }
  }

  deinit {
    let rest = state.withLock { $0.take() }
    guard let deliver = rest.deliver else { return }
    deliver(rest.fallback?() ?? HTTPResponse(status: 500))
  }
}
