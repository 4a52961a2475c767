package struct HTTPServerConfiguration: Sendable {
  package var host: String = "127.0.0.1"
  /// 0 takes a free port.
  package var port: UInt16 = 8080
  package var threads: Int = 4
  package var maxBodyBytes: Int = 1 << 20
  package var connectionLimit: Int = 1_000
  package var idleTimeoutSeconds: Int = 30
  /// From the first byte of a request to its last.
  package var requestDeadlineSeconds: Int = 30

  package init() {}
}

/// Why the server could not start.
package struct HTTPServerError: Error, Sendable {
  package var message: String
  package init(message: String) { self.message = message }
}

/// Serves a router over libmicrohttpd.
package final class HTTPServer: Sendable {
  /// The port in use.
  package let port: UInt16

  package init(configuration: HTTPServerConfiguration, router: HTTPRouter) throws(HTTPServerError) {
    throw HTTPServerError(message: "not built yet")
  }

  /// Takes no new connection, answers what is under way for at most `deadlineSeconds`, then closes all. Blocks.
  package func stop(deadlineSeconds: Int = 5) {}
}
