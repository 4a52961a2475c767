import Synchronization

/// Answers one request, once, at once or later, from any thread. An answer given twice is ignored (a stream ends at once then); a responder that is dropped
/// without an answer gives `HTTPFailure.noAnswer`.
package final class HTTPResponder: Sendable {
  private struct State {
    /// nil once answered.
    var deliver: (@Sendable (HTTPAnswer) -> Void)?
    /// Set by the router, which knows how the application words a failure.
    var fallback: (@Sendable () -> HTTPResponse)?

    /// Both closures, leaving none: they are called, and released, outside the lock.
    mutating func take() -> State {
      defer { self = State() }
      return self
    }
  }

  private let state: Mutex<State>

  init(delivering deliver: @escaping @Sendable (HTTPAnswer) -> Void) {
    state = Mutex(State(deliver: deliver))
  }

  /// For handlers that are called without a server. Of a stream it delivers status and headers, as for HEAD, and ends it.
  package convenience init(_ deliver: @escaping @Sendable (HTTPResponse) -> Void) {
    self.init(delivering: { answer in
      switch answer {
      case .whole(let response): deliver(response)
      case .stream(let stream):
        deliver(HTTPResponse(status: stream.status, headers: stream.headers))
        stream.end()
      }
    })
  }

  package func respond(_ response: HTTPResponse) {
    state.withLock { $0.take() }.deliver?(.whole(response))
  }

  /// Answers with the status and headers of the stream now, and with what is sent to it as it comes. A stream answers one request.
  package func respond(stream: HTTPStream) {
    let isOurs = stream.give()
    let rest = state.withLock { $0.take() }
    switch (rest.deliver, isOurs) {
    case (let deliver?, true): deliver(.stream(stream))
    case (let deliver?, false): deliver(.whole(rest.fallback?() ?? HTTPResponse(status: 500)))
    case (nil, true): stream.end()
    case (nil, false): break
    }
  }

  /// What to answer if nobody does.
  func answerWhenDropped(_ fallback: @escaping @Sendable () -> HTTPResponse) {
    state.withLock { $0.fallback = fallback }
  }

  deinit {
    let rest = state.withLock { $0.take() }
    guard let deliver = rest.deliver else { return }
    deliver(.whole(rest.fallback?() ?? HTTPResponse(status: 500)))
  }
}
