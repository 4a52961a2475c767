/// Limits that are not for the application to choose.
enum HTTPLimits {
  /// Request line and headers of one request, and the headers of its answer, in bytes. Beyond it libmicrohttpd answers 431 or 414
  /// in its own words (0.9.75 knows no way to replace them) or just closes. Twice what we refuse ourselves, so that few get there.
  static let connectionMemory = 64 * 1024
  /// Of a request target.
  static let maxTargetBytes = 8 * 1024
  static let maxHeaderFields = 100
  /// Names and values of all header fields.
  static let maxHeaderBytes = 32 * 1024
  /// Given to libmicrohttpd at a time.
  static let streamPieceBytes = 16 * 1024
  /// Of a stream's connection. Linux lets it grow to 4 MiB otherwise, which hides from the application how far its client lags;
  /// and since a full buffer takes more only when a third of it is free, a slow client would need a deadline's time for that.
  static let streamSendBufferBytes: Int32 = 128 * 1024
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
