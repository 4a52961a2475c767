/// What a pipeline needs of the daemon around it.
package struct PipelineEnvironment: Sendable {
  /// Random identity of the data folder; part of offset metadata and of `group.instance.id`. No `;` in it.
  package var storeID: String
  /// Folder of the pipeline's checkpoints; made when missing.
  package var stateDirectory: String
  package var workers: WorkerPool
  /// The brokers are this process's own embedded broker: state of earlier runs is dropped, since its topics are gone too.
  package var embeddedBroker: Bool
  /// A line for the log: level (`info`, `warning`, `error`) and text.
  package var log: @Sendable (_ level: String, _ message: String) -> Void

  package init(
    storeID: String, stateDirectory: String, workers: WorkerPool, embeddedBroker: Bool,
    log: @escaping @Sendable (_ level: String, _ message: String) -> Void
  ) {
    self.storeID = storeID
    self.stateDirectory = stateDirectory
    self.workers = workers
    self.embeddedBroker = embeddedBroker
    self.log = log
  }
}

/// One attempt to run a pipeline: its lanes from start to end. A restart makes a new one.
///
/// No method here waits for Kafka, the disk or a lane.
package final class KafkaStreamPipeline: Sendable {
  package enum StopMode: Sendable {
    /// Deliver, checkpoint, leave the group, so that a successor need not wait.
    case leaveGroup
    /// Deliver, checkpoint, close, keeping the static membership for the next start of this daemon.
    case keepMembership
  }

  package let plan: PipelinePlan

  package init(plan: PipelinePlan, environment: PipelineEnvironment) {
    self.plan = plan
  }

  /// Asks the pool for the lanes.
  package func start() {}

  /// Asks the lanes to drain and end; past the deadline they are abandoned. Once `status.stage` is `ended`, it is over.
  package func stop(_ mode: StopMode, deadlineMs: Int64 = 30_000) {}

  /// The supervisor's tick, at least once a second: abandons lanes that hang in a call past its deadline. Cheap.
  package func tick() {}

  /// The lanes' latest words.
  package var status: PipelineStatus { PipelineStatus(stage: .ended) }
}
