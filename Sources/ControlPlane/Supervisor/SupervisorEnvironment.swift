package import KafkaPipeline

/// What the supervisor needs of the world, so that tests can give it another one.
package struct SupervisorEnvironment: Sendable {
  /// Wall clock, Unix ms.
  package var now: @Sendable () -> Int64
  /// Never set back; ms from some start.
  package var steadyNow: @Sendable () -> Int64
  /// A fraction from 0 up to 1.
  package var jitter: @Sendable () -> Double
  package var makePipeline: @Sendable (PipelinePlan, PipelineEnvironment) -> any PipelineRunning
  package var makeAdmin: @Sendable (_ plan: PipelinePlan, _ storeID: String, _ stateDirectory: String) -> any ClusterAdministering
  package var makeProbe: @Sendable (_ brokers: String, _ properties: [String: String]) -> any ClusterProbing
  package var giveBackMemory: @Sendable () -> Void
  /// Level (`debug`, `info`, `warning`, `error`), pipeline, text.
  package var log: @Sendable (_ level: String, _ pipeline: String?, _ message: String) -> Void

  /// The real one.
  package init(log: @escaping @Sendable (_ level: String, _ pipeline: String?, _ message: String) -> Void) {
    self.now = { SystemClock.unixMs() }
    self.steadyNow = { SystemClock.steadyMs() }
    self.jitter = { Double.random(in: 0..<1) }
    self.makePipeline = { plan, environment in PipelineAttempt(plan: plan, environment: environment) }
    self.makeAdmin = { plan, storeID, directory in KafkaAdmin(plan: plan, storeID: storeID, stateDirectory: directory) }
    self.makeProbe = { brokers, properties in ClusterProbe(brokers: brokers, properties: properties) }
    self.giveBackMemory = { ProcessMemory.giveBack() }
    self.log = log
  }
}
