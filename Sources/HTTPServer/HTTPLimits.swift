/// Limits that are not for the application to choose.
enum HTTPLimits {
  /// Request line and headers of one request, and the headers of its answer, in bytes. Beyond it libmicrohttpd answers 431 or 414.
  static let connectionMemory = 32 * 1024
  /// A body that is too large is read and thrown away up to this many bytes beyond its limit, so that the client sees the 413
  /// instead of a broken connection (closing a socket with unread bytes resets it). Beyond that the answer is sent early and
  /// the connection closed, as well as can be done.
  static let drainBytes = 8 * 1024 * 1024
  /// How long `stop` waits for forced answers to leave before it closes their connections.
  static let forcedAnswersNanoseconds: Int64 = 1_000_000_000
  /// The longest time between two looks at the request deadlines.
  static let deadlineCheckNanoseconds: Int64 = 1_000_000_000
  static let listenBacklog: Int32 = 1_024
}
