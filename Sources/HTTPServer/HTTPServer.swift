import CMicroHTTPD
import Glibc
import Synchronization

/// Serves a router over libmicrohttpd: epoll, a small thread pool, requests whose body is gathered whole, answers now or later,
/// at once or as a stream.
///
/// Lifetimes: this object owns the daemon handle, the listening socket, the deadline thread and `ServerCore`; all three end in
/// `stop` (which `deinit` calls). Handlers and their responders may live longer; an answer after the stop is ignored.
package final class HTTPServer: Sendable {
  /// The port in use.
  package let port: UInt16

  /// Seen by the tests.
  let core: ServerCore
  /// Held for the whole of a stop, so that a second caller returns when the first has finished.
  private let running: Mutex<Running?>

  /// What `stop` has to end. The pointer is used by `stop` only.
  private struct Running: @unchecked Sendable {
    var daemon: OpaquePointer
    /// Read by libmicrohttpd.
    var credentials: TLSCredentials?
    /// libmicrohttpd's own; it closes it.
    var listening: Int32
    var watch: pthread_t
  }

  /// Listens and serves from now on. The process should ignore SIGPIPE.
  package init(configuration: HTTPServerConfiguration, router: HTTPRouter) throws(HTTPServerError) {
    let credentials: TLSCredentials? = if let tls = configuration.tls { try TLSCredentials(tls) } else { nil }
    let socket = try ListenSocket(host: configuration.host, port: configuration.port)
    let core = ServerCore(configuration: configuration, router: router)
    port = socket.port
    self.core = core
    let watch = try Self.startWatch(core)
    do {
      let started = try Self.startDaemon(configuration, core, credentials, socket)
      running = Mutex(
        Running(daemon: started.daemon, credentials: credentials, listening: started.listening, watch: watch))
    } catch {
      Self.endWatch(core, watch)
      throw error
    }
  }

  deinit {
    stop(deadlineSeconds: 0)
  }

  /// Takes no new connection, finishes the streams, answers what is under way for at most `deadlineSeconds`, answers the rest with
  /// 503, then closes all. Blocks; never call it from a handler. It cannot outwait a handler that does not return.
  package func stop(deadlineSeconds: Int = 5) {
    running.withLock { running in
      guard let ending = running else { return }
      running = nil
      core.beginStopping()
      // Clients get "refused" from here on. Not MHD_quiesce_daemon (0.9.75): it and a thread that finds the server quiesced, or at
      // its limit of connections, both take the socket out of the thread's epoll set, and the second one ends the process.
      let silent = ListenSocket.stopListening(ending.listening)
      // libmicrohttpd aborts the process when it is stopped with suspended connections.
      core.finishStreams()

      let wait = Int64(clamping: max(0, deadlineSeconds)).multipliedReportingOverflow(by: 1_000_000_000)
      core.waitForExchanges(until: monotonicNow().saturatingAdd(wait.overflow ? .max : wait.partialValue))
      core.forceAnswers()
      MHD_stop_daemon(ending.daemon)
      _ = consume silent
      Self.endWatch(core, ending.watch)
      withExtendedLifetime(ending.credentials) {}
    }
  }

  private static func startDaemon(
    _ configuration: HTTPServerConfiguration, _ core: ServerCore, _ credentials: TLSCredentials?, _ socket: consuming ListenSocket
  ) throws(HTTPServerError) -> (daemon: OpaquePointer, listening: Int32) {
    let threads = UInt32(clamping: max(1, configuration.threads))
    let listening = socket.take()
    var before = stat()
    fstat(listening, &before)
    var options = penstock_mhd_options(
      listen_descriptor: listening,
      threads: threads,
      connection_limit: max(threads, UInt32(clamping: max(1, configuration.connectionLimit))),
      idle_timeout_seconds: UInt32(clamping: max(1, configuration.idleTimeoutSeconds)),
      connection_memory: HTTPLimits.connectionMemory,
      per_client_connection_limit: configuration.perClientConnectionLimit.map { UInt32(clamping: max(1, $0)) } ?? 0,
      tls_key: credentials?.key,
      tls_certificate: credentials?.certificate,
      context: Unmanaged.passUnretained(core).toOpaque(),
      access_handler: MicroHTTPDCallbacks.access,
      request_completed: MicroHTTPDCallbacks.completed,
      connection_changed: MicroHTTPDCallbacks.connectionChanged,
      uri_seen: MicroHTTPDCallbacks.uriSeen)
    guard let daemon = penstock_mhd_start(&options) else {
      // libmicrohttpd closes the socket in some of its failures and not in others; only what is still ours is closed here.
      var after = stat()
      if fstat(listening, &after) == 0, after.st_ino == before.st_ino, after.st_dev == before.st_dev { close(listening) }
      throw HTTPServerError(message: "the HTTP server cannot start \(threads) threads: no memory, threads or file descriptors are left")
    }
    return (daemon, listening)
  }

  private static func startWatch(_ core: ServerCore) throws(HTTPServerError) -> pthread_t {
    var watch = pthread_t()
    let context = Unmanaged.passRetained(core)
    let status = pthread_create(
      &watch, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<ServerCore>.fromOpaque(context).takeRetainedValue().watchDeadlines()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      throw HTTPServerError(message: "the HTTP server cannot start a thread: \(String(cString: strerror(status)))")
    }
    return watch
  }

  private static func endWatch(_ core: ServerCore, _ watch: pthread_t) {
    core.endWatch()
    pthread_join(watch, nil)
  }
}
