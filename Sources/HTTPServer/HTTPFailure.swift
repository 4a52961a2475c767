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
  /// 414: the request target is longer than the limit, in bytes.
  case targetTooLong(limit: Int)
  /// 431: too many header fields, or too many bytes in them.
  case headersTooLarge(String)
  /// 503: so many streams are open already.
  case tooManyStreams(limit: Int)
  /// 500: a handler gave no answer.
  case noAnswer
}
