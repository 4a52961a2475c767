package struct HTTPServerConfiguration: Sendable {
  /// An IPv4 or IPv6 address (`::1` or `[::1]`), or a name such as `localhost` (its IPv4 address is taken if it has one).
  package var host: String = "127.0.0.1"
  /// 0 takes a free port.
  package var port: UInt16 = 8080
  /// 1 or more; handlers run on these.
  package var threads: Int = 4
  /// A request body may have this many bytes.
  package var maxBodyBytes: Int = 1 << 20
  /// Beyond it new clients wait in the listen queue. Shared out evenly among the threads.
  package var connectionLimit: Int = 1_000
  /// Beyond it connections from one address are closed as soon as they are opened; nil means no such limit. 1 or more.
  package var perClientConnectionLimit: Int? = nil
  /// Streams at once; each holds a connection.
  package var streamLimit: Int = 100
  /// Closes a connection on which nothing moves. 1 or more.
  package var idleTimeoutSeconds: Int = 30
  /// From the first byte of a request to its last; the client has as long again to take the answer.
  package var requestDeadlineSeconds: Int = 30

  /// nil means plain HTTP.
  package var tls: HTTPServerTLS? = nil

  package init() {}
}
