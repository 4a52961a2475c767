import CMicroHTTPD
import Synchronization

/// One request and its answer.
///
/// Owned by libmicrohttpd (retained in `*con_cls` between the URI callback and the completion callback) and by the responder of
/// the handler, which may outlive the connection. Everything but `phase` is touched on the connection's libmicrohttpd thread
/// only, by one callback at a time; hence @unchecked.
final class HTTPExchange: @unchecked Sendable {
  /// Where the answer is. A suspended connection stays in memory until it is resumed, so `handle` is good in `.suspended`; in
  /// `.over` it is not used any more.
  enum Phase {
    case reading
    /// The handler runs on the libmicrohttpd thread, which looks for an answer when it returns.
    case dispatching
    case suspended
    case answered(HTTPAnswer)
    case over
  }

  let core: ServerCore
  let connection: HTTPConnection
  /// libmicrohttpd's connection.
  let handle: OpaquePointer
  let phase = Mutex(Phase.reading)

  var request: HTTPRequest
  var hasHeaders = false
  /// Where the target stood in libmicrohttpd's buffer, and its bytes up to the first NUL.
  let targetAddress: UInt
  let targetLength: Int
  /// Set when the body is only read to be thrown away before this answer.
  var refusal: HTTPFailure?
  var receivedBytes = 0
  /// Set when the answer is one that goes on.
  var stream: HTTPStream?

  init(core: ServerCore, connection: HTTPConnection, handle: OpaquePointer, target: UnsafePointer<CChar>) {
    self.core = core
    self.connection = connection
    self.handle = handle
    let text = String(cString: target)
    targetAddress = UInt(bitPattern: target)
    targetLength = text.utf8.count
    // Of one that is too long the failure handler gets the beginning.
    let parsed = HTTPTarget(targetLength > HTTPLimits.maxTargetBytes ? String(text.prefix(256)) : text)
    request = HTTPRequest(
      method: "", path: parsed.path, query: parsed.query, id: core.nextRequestID(), isSecure: core.isSecure)
    if let fault = parsed.fault { refusal = .malformed(fault) }
  }

  /// A step of libmicrohttpd's access handler: first the headers, then pieces of the body, then an empty piece, which comes again
  /// after a resume. `.NO` closes the connection without an answer.
  func step(
    method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, piece: UnsafePointer<CChar>?, size: UnsafeMutablePointer<Int>
  ) -> MHD_Result {
    guard hasHeaders else {
      hasHeaders = true
      return takeHeaders(method: String(cString: method), version: version)
    }
    if size.pointee > 0 {
      defer { size.pointee = 0 }
      return takeBody(UnsafeRawBufferPointer(start: piece, count: size.pointee))
    }
    return answerOrSuspend()
  }

  /// The body has come whole, or the connection was resumed.
  private func answerOrSuspend() -> MHD_Result {
    let ready: HTTPAnswer? = phase.withLock { phase in
      switch phase {
      case .answered(let answer):
        return answer
      default:
        phase = .dispatching
        return nil
      }
    }
    if let ready { return send(ready) }

    connection.setDeadline(HTTPConnection.never)
    connection.setAwaitsClient(false)
    if let refusal { return send(.whole(core.router.response(to: refusal, of: request))) }
    if core.isForcing { return send(.whole(Self.stoppingResponse(request))) }
    dispatch()
    return phase.withLock { phase -> MHD_Result? in
      switch phase {
      case .answered:
        return nil
      default:
        // Suspending under the lock keeps an answer from another thread out until there is something to resume.
        if core.isForcing {
          phase = .answered(.whole(Self.stoppingResponse(request)))
          return nil
        }
        MHD_suspend_connection(handle)
        phase = .suspended
        return .YES
      }
    } ?? answerOrSuspend()
  }

  /// In a function of its own, so that our reference to the responder is gone when it returns.
  private func dispatch() {
    let whole = request
    request.body = []
    core.router.respond(to: whole, with: HTTPResponder(delivering: { [self] in deliver($0) }))
  }

  /// The answer, from any thread, once.
  private func deliver(_ answer: HTTPAnswer) {
    let isTaken = phase.withLock { phase in
      switch phase {
      case .dispatching:
        phase = .answered(answer)
        return true
      case .suspended:
        phase = .answered(answer)
        MHD_resume_connection(handle)
        return true
      case .reading, .answered, .over:
        return false
      }
    }
    if !isTaken, case .stream(let stream) = answer { stream.end() }
  }

  /// Ends the wait of a suspended request with 503; false if it was not waiting.
  func forceAnswer() -> Bool {
    phase.withLock { phase in
      guard case .suspended = phase else { return false }
      phase = .answered(.whole(Self.stoppingResponse(request)))
      MHD_resume_connection(handle)
      return true
    }
  }

  /// The answer has left, or the connection is gone.
  func end() {
    let last = phase.withLock { phase in
      defer { phase = .over }
      return phase
    }
    // It never got as far as `send`.
    if case .answered(.stream(let unsent)) = last { unsent.end() }
    if let stream {
      core.ended(stream)
      stream.end()
      self.stream = nil
    }
    connection.setDeadline(core.deadlineForNextRequest())
    connection.setAwaitsClient(true)
    core.ended(self)
  }

  /// In the shape and with the code of the application's own errors: it is worded here because handlers may be gone by now.
  static func stoppingResponse(_ request: HTTPRequest) -> HTTPResponse {
    // The path has no byte that needs an escape but these two: others were refused.
    let path = request.path.flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }
    let text = """
      {"type":"/problems/daemon.draining","title":"The daemon is ending","status":503,"detail":"the server is stopping",\
      "instance":"\(String(path))","code":"daemon.draining","request_id":"\(request.id)","retryable":true,"allowed_actions":[],\
      "errors":[]}

      """
    return HTTPResponse(
      status: 503,
      headers: [
        (name: "Content-Type", value: "application/problem+json"), (name: "Retry-After", value: "1"),
        (name: "Connection", value: "close"),
      ],
      body: Array(text.utf8))
  }
}
