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
