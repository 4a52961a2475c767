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

  package init(_ options: ServeOptions) {
    self.options = options
    self.log = LogWriter(level: options.logLevel)
  }

  /// Returns the exit code. `Signals.block()` has to be called before.
  package func run() -> Int32 {
    defer { log.flush() }
    guard options.isLoopback || options.insecure else {
      return refuse(
        "--listen \(options.host) lets other machines use this API without a token; use 127.0.0.1, or add --insecure if that is wanted")
    }
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
    configuration.stopDeadlineMs = Self.drainMs
    let environment = SupervisorEnvironment(log: { [log] level, pipeline, message in log.log(level, pipeline, message) })
    let supervisor = Supervisor(folder: folder, configuration: configuration, environment: environment)
    defer { supervisor.close() }
    let api = ControlAPI(
      supervisor: supervisor, build: BuildInfo(startedAt: startedAt), loopbackOnly: options.isLoopback && !options.insecure)
    var serving = HTTPServerConfiguration()
    serving.host = options.host
    serving.port = options.port
    do throws(HTTPServerError) {
      let server = try HTTPServer(configuration: serving, router: api.router)
      defer { server.stop(deadlineSeconds: 2) }
      return runLoaded(supervisor, "\(options.host):\(server.port)")
    } catch { return refuse(error.message) }
  }

  private func runLoaded(_ supervisor: Supervisor, _ address: String) -> Int32 {
    do throws(DiskFault) { try supervisor.load() } catch { return refuse("\(error.message). \(error.advice)") }
    log.log("info", nil, "penstock \(BuildInfo.currentVersion) listening on http://\(address)")
    while true {
      if let signal = Signals.wait(ms: 3_600_000) {
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
      if Signals.wait(ms: 20) != nil {
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

  private func refuse(_ message: String) -> Int32 {
    log.log("error", nil, message)
    return 1
  }
}
