/// What the server itself refuses. The application turns it into an answer, so that every error has the same shape.
package enum HTTPFailure: Sendable, Equatable {
  /// 400: the request is malformed (path with a bad escape, NUL, conflicting lengths, ...).
  case malformed(String)
  /// 404: no route has that path.
  case noRoute
  /// 405: the path is there, the method is not.
  case methodNotAllowed(allowed: [String])
  /// 413: the body is larger than the limit.
  case bodyTooLarge(limit: Int)
  /// 500: a handler gave no answer.
  case noAnswer
}

/// A method, a path pattern and what to do.
package struct HTTPRoute: Sendable {
  package typealias Handler = @Sendable (HTTPRequest, _ parameters: [String: String], HTTPResponder) -> Void

  package var method: String
  /// `/v1/pipelines/{name}/start`: a part in braces matches one path segment, percent-decoded before it is handed over.
  package var pattern: String
  package var handler: Handler

  package init(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
    self.method = method
    self.pattern = pattern
    self.handler = handler
  }
}

/// Finds the route of a request. A pure value: usable without a socket.
package struct HTTPRouter: Sendable {
  package typealias FailureHandler = @Sendable (HTTPFailure, HTTPRequest) -> HTTPResponse

  package var routes: [HTTPRoute]
  package var failure: FailureHandler

  package init(routes: [HTTPRoute], failure: @escaping FailureHandler) {
    self.routes = routes
    self.failure = failure
  }
}
