/// What a handler gives: all of it, or a beginning.
enum HTTPAnswer: Sendable {
  case whole(HTTPResponse)
  case stream(HTTPStream)
}
