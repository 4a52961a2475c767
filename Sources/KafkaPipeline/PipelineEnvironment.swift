/// What a pipeline needs of the daemon around it.
package struct PipelineEnvironment: Sendable {
  /// Random identity of the data folder; part of offset metadata and of `group.instance.id`. No `;` in it.
  package var storeID: String
  /// Folder of the pipeline's checkpoints; made when missing.
  package var stateDirectory: String
  package var workers: WorkerPool
  /// The brokers are this process's own embedded broker, which lets go of a member that is gone only when its session times out.
  package var embeddedBroker: Bool
  /// State of an earlier run is dropped: its topics are gone with the embedded broker of that run.
  package var dropsOldState: Bool
  package var stateBudget: StateBudget
  /// Where results can be watched.
  package var tap: ResultTap
  /// A line for the log: level (`info`, `warning`, `error`) and text.
  package var log: @Sendable (_ level: String, _ message: String) -> Void

  package init(
    storeID: String, stateDirectory: String, workers: WorkerPool, embeddedBroker: Bool, dropsOldState: Bool = false,
    stateBudget: StateBudget = StateBudget(), tap: ResultTap = ResultTap(), log: @escaping @Sendable (_ level: String, _ message: String) -> Void
  ) {
    self.storeID = storeID
    self.stateDirectory = stateDirectory
    self.workers = workers
    self.embeddedBroker = embeddedBroker
    self.dropsOldState = dropsOldState
    self.stateBudget = stateBudget
    self.tap = tap
    self.log = log
  }
}
