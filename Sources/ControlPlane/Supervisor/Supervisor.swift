package import KafkaPipeline
import Dispatch
import Synchronization

/// Holds the pipelines of the daemon: starts, watches, restarts, stops and stores them.
///
/// Two serial queues and no other thread. Commands, launches and all that touches the disk run on `work`, one after the other,
/// so a request never overtakes another. The tick runs on `ticks` and reads what lanes and probes say; it touches neither Kafka
/// nor disk, so a disk that hangs does not stop it. Readers (`list`, `snapshot`) take locks that are held for moments only.
package final class Supervisor: Sendable {
  package let configuration: SupervisorConfiguration
  package let environment: SupervisorEnvironment
  package let workers: WorkerPool
  let folder: DataFolder
  let files: PipelineFiles
  let table = PipelineTable()
  let probes: ProbePool
  let daemon: Mutex<DaemonState>
  let waiters = Mutex<[Waiter]>([])
  let work = DispatchQueue(label: "penstock.work")
  let ticks = DispatchQueue(label: "penstock.ticks")
  /// For calls that may hang in a broker.
  let blocking = DispatchQueue(label: "penstock.blocking", attributes: .concurrent)
  /// For what lanes answer. Serial, since only then does libdispatch give it a thread while calls that hang take all that concurrent
  /// queues share.
  let answers = DispatchQueue(label: "penstock.answers")

  package init(folder: DataFolder, configuration: SupervisorConfiguration, environment: SupervisorEnvironment) {
    self.folder = folder
    self.files = PipelineFiles(folder)
    self.configuration = configuration
    self.environment = environment
    self.workers = WorkerPool(slots: configuration.workers)
    self.probes = ProbePool(make: environment.makeProbe)
    self.daemon = Mutex(DaemonState(lastTick: environment.steadyNow()))
  }

  /// Reads the data folder, starts what ran, begins to tick. Blocks on the disk. Throws if the folder cannot be read at all.
  package func load() throws(DiskFault) {
    tickSoon()
    let result: Result<Void, DiskFault> = work.sync {
      do throws(DiskFault) {
        for pipeline in try files.load() { adopt(pipeline) }
        return .success(())
      } catch { return .failure(error) }
    }
    try result.get()
    work.sync { checkStore() }
    daemon.withLock { $0.stage = max($0.stage, .serving) }
  }

  /// Starts to stop every pipeline; `isDrained` tells when that is over. Commands are refused from now on.
  package func beginShutdown() {
    daemon.withLock { $0.stage = .draining }
    work.async { [self] in
      for entry in table.all { apply(.shutdown, to: entry) }
      daemon.withLock { $0.shutdownIssued = true }
      checkWaiters()
    }
  }

  /// Every pipeline has ended after `beginShutdown`.
  package var isDrained: Bool {
    guard daemon.withLock({ $0.shutdownIssued }) else { return false }
    return table.all.allSatisfy { $0.attempt == nil }
  }

  /// No pipeline had to be given up or left windows to its last checkpoint.
  package var drainedCleanly: Bool {
    isDrained && table.all.allSatisfy { !$0.with(\.forced) }
  }

  /// Ends the tick and the probes. Pipelines that still run are left to themselves.
  package func close() {
    daemon.withLock { $0.stage = .closed }
    for entry in table.all { releaseProbe(of: entry) }
    work.sync {}
    ticks.sync {}
    for entry in table.all { saveTotals(of: entry, atOnce: true) }
    PipelineHistory.flush()
    answerAllWaiters()
  }

  package func snapshot(_ name: String) -> PipelineSnapshot? { table[name]?.snapshot(environment) }

  /// In name order.
  package var snapshots: [PipelineSnapshot] { table.all.map { $0.snapshot(environment) } }

  /// What happened to that pipeline, and where its results can be watched; nil if there is none.
  func streams(of name: String) -> (history: PipelineHistory, tap: ResultTap)? { table[name]?.with { ($0.history, $0.tap) } }

  /// Of the last `windowMs`, oldest first; nil if there is no such pipeline.
  func samples(of name: String, overMs windowMs: Int64) -> [StatsSample]? {
    table[name]?.with { $0.ring.samples(overMs: windowMs, before: environment.steadyNow()) }
  }

  package var pipelineCount: Int { table.count }

  package var readiness: DaemonState { daemon.withLock { $0 } }

  /// Steady ms since the last tick.
  package var tickAgeMs: Int64 { environment.steadyNow() - daemon.withLock { $0.lastTick } }
}
