import HTTPServer

/// A request on its way through the API: who asks for what, and where the answer goes.
struct Call: Sendable {
  var request: HTTPRequest
  /// Of the path, decoded.
  var parameters: [String: String]
  var requester: Requester
  var responder: HTTPResponder

  /// Of the pipeline; a name that none can have is as little there as any other.
  var name: String { parameters["name"] ?? "" }
}
