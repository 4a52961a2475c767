/// Finds the route of a request. A pure value: usable without a socket.
package struct HTTPRouter: Sendable {
  package typealias FailureHandler = @Sendable (HTTPFailure, HTTPRequest) -> HTTPResponse

  package var routes: [HTTPRoute]
  package var failure: FailureHandler

  package init(routes: [HTTPRoute], failure: @escaping FailureHandler) {
    self.routes = routes
    self.failure = failure
  }

  /// Runs the route of the request, or answers with the failure. A handler that drops the responder without an answer is
  /// answered for with `HTTPFailure.noAnswer`.
  package func respond(to request: HTTPRequest, with responder: HTTPResponder) {
    switch match(method: request.method, path: request.path) {
    case .route(let route, let parameters):
      var bare = request
      bare.body = []  // The fallback may live as long as the answer takes; the body need not.
      responder.answerWhenDropped { [failure, bare] in failure(.noAnswer, bare) }
      route.handler(request, parameters, responder)
    case .failure(let reason):
      responder.respond(response(to: reason, of: request))
    }
  }

  /// The application's answer to a failure; a 405 gets the `Allow` header it must have (RFC 9110 15.5.6) if it lacks one.
  func response(to reason: HTTPFailure, of request: HTTPRequest) -> HTTPResponse {
    var response = failure(reason, request)
    if case .methodNotAllowed(let allowed) = reason, !response.headers.contains(where: { $0.name.lowercased() == "allow" }) {
      response.headers.append((name: "Allow", value: allowed.joined(separator: ", ")))
    }
    return response
  }
}
