import Glibc
import HTTPServer
import KafkaPipeline

/// `penstock serve`: puts the parts together, waits for a signal, takes them apart again.
package final class Daemon {
  /// A drain may take this long.
  private static let drainMs: Int64 = 30_000
  /// The supervisor gives up what hangs a little later; beyond that nothing is waited for.
  private static let drainSlackMs: Int64 = 6_000

  private let options: ServeOptions
  private let log: LogWriter
  private let startedAt = SystemClock.unixMs()
  private let access = AccessControl()

  package init(_ options: ServeOptions) {
    ProcessMemory.prepare()
    self.options = options
    self.log = LogWriter(level: options.logLevel, format: options.logFormat)
  }

  /// Returns the exit code. `Signals.block()` has to be called before.
  package func run() -> Int32 {
    defer { log.flush() }
    guard options.isLoopback || options.insecure || options.tokenFile != nil else {
      return refuse(
        "--listen \(options.host) lets other machines use this API without a token; use 127.0.0.1, give it a --token-file, or add --insecure if that is wanted")
    }
    if let fault = readTokens() { return refuse(fault) }
    let descriptors = Descriptors.raiseLimit()
    if descriptors < UInt64(options.workers * Descriptors.perLane) {
      log.log("debug", nil, "the limit of \(descriptors) open files is enough for about \(descriptors / UInt64(Descriptors.perLane)) lanes")
    }
    do throws(DiskFault) {
      let folder = try DataFolder(path: options.dataDirectory)
      return runWithBroker(folder)
    } catch { return refuse("\(error.message). \(error.advice)") }
  }

  private func runWithBroker(_ folder: DataFolder) -> Int32 {
    guard options.embeddedBroker else { return runServer(folder, embedded: nil) }
    do throws(PipelineFailure) {
      let broker = try EmbeddedKafka()
      log.log("info", nil, "embedded broker on \(broker.bootstrap)")
      // Last of all: pipelines must not lose it while they drain.
      defer { broker.stop() }
      return runServer(folder, embedded: broker.bootstrap)
    } catch { return refuse("the embedded broker did not start: \(error.message). \(error.advice)") }
  }

  private func runServer(_ folder: DataFolder, embedded: String?) -> Int32 {
    var configuration = SupervisorConfiguration()
    configuration.defaultBrokers = options.brokers ?? embedded
    configuration.embeddedBroker = embedded
    configuration.workers = options.workers
    if let limit = options.memoryLimitMiB { configuration.stateBudget = StateBudget(limit: limit << 20) }
    configuration.secrets = SecretResolver(directory: options.secretsDirectory)
    configuration.stopDeadlineMs = Self.drainMs
    let environment = SupervisorEnvironment(log: { [log] level, pipeline, message in log.log(level, pipeline, message) })
    let supervisor = Supervisor(folder: folder, configuration: configuration, environment: environment)
    defer { supervisor.close() }
    let api = ControlAPI(
      supervisor: supervisor, build: BuildInfo(startedAt: startedAt), loopbackOnly: options.isLoopback && !options.insecure, access: access)
    var serving = HTTPServerConfiguration()
    serving.host = options.host
    serving.port = options.port
    serving.perClientConnectionLimit = Self.connectionsPerClient
    do throws(DiskFault) { serving.tls = try readTLS() } catch { return refuse("TLS: \(error.message). \(error.advice)") }
    let scheme = serving.tls == nil ? "http" : "https"
    do throws(HTTPServerError) {
      let server = try HTTPServer(configuration: serving, router: api.router)
      defer { server.stop(deadlineSeconds: 2) }
      return runLoaded(supervisor, "\(scheme)://\(options.host):\(server.port)")
    } catch { return refuse(error.message) }
  }

  private func runLoaded(_ supervisor: Supervisor, _ address: String) -> Int32 {
    do throws(DiskFault) { try supervisor.load() } catch { return refuse("\(error.message). \(error.advice)") }
    log.log("info", nil, "penstock \(BuildInfo.currentVersion) listening on \(address)")
    while true {
      if let signal = Signals.wait(ms: 3_600_000) {
        if signal == SIGHUP {
          reload()
          continue
        }
        log.log("info", nil, "\(signal == SIGINT ? "SIGINT" : "SIGTERM"): stopping \(supervisor.pipelineCount) pipelines")
        break
      }
    }
    return drain(supervisor)
  }

  private func drain(_ supervisor: Supervisor) -> Int32 {
    supervisor.beginShutdown()
    let deadline = SystemClock.steadyMs() + Self.drainMs + Self.drainSlackMs
    while !supervisor.isDrained {
      if let signal = Signals.wait(ms: 20), signal != SIGHUP {
        log.log("warning", nil, "a second signal: ending at once; what was not kept is read again at the next start")
        log.flush()
        _exit(1)
      }
      if SystemClock.steadyMs() >= deadline {
        log.log("error", nil, "pipelines did not end in time; what was not kept is read again at the next start")
        log.flush()
        _exit(1)
      }
    }
    let clean = supervisor.drainedCleanly
    log.log(clean ? "info" : "warning", nil, clean ? "ended" : "ended; at least one pipeline had to be stopped by force")
    return clean ? 0 : 1
  }

  private func readTLS() throws(DiskFault) -> HTTPServerTLS? {
    guard let certificate = options.tlsCertificate, let key = options.tlsKey else { return nil }
    return HTTPServerTLS(
      certificateChain: try DiskFiles.read(certificate, limit: Self.maxTLSFileBytes, followsLinks: true),
      privateKey: try DiskFiles.read(key, limit: Self.maxTLSFileBytes, followsLinks: true))
  }

  /// Of the 1,000 that there are: one client alone cannot take them all.
  private static let connectionsPerClient = 500
  private static let maxTLSFileBytes = 1 << 20

  /// Why the tokens are not those of the file; nil when they are, or none is wanted.
  private func readTokens() -> String? {
    guard let path = options.tokenFile else { return nil }
    do throws(DiskFault) {
      let bytes = try DiskFiles.read(path, limit: Self.maxTokenFileBytes, followsLinks: true)
      do throws(AccessTokens.Fault) { access.replace(try AccessTokens(parsing: bytes)) } catch { return "the token file \(path) cannot be used: \(error.message)" }
      return nil
    } catch { return "the token file cannot be read: \(error.message)" }
  }

  /// SIGHUP. What cannot be read leaves the tokens as they are.
  private func reload() {
    guard options.tokenFile != nil else { return log.log("info", nil, "SIGHUP: there is no token file to read again") }
    if let fault = readTokens() { return log.log("error", nil, "SIGHUP: \(fault); the tokens of before go on") }
    log.log("info", nil, "SIGHUP: the token file was read again")
  }

  private static let maxTokenFileBytes = 1 << 20

  private func refuse(_ message: String) -> Int32 {
    log.log("error", nil, message)
    return 1
  }
}
