package import KafkaPipeline

/// The supervisor's limits. Times are ms.
package struct SupervisorConfiguration: Sendable {
  /// Brokers of specs that name none.
  package var defaultBrokers: String?
  /// `127.0.0.1:PORT` of this process's own broker.
  package var embeddedBroker: String?
  package var secrets = SecretResolver(directory: nil)
  package var stateBudget = StateBudget()
  /// Slots for lanes.
  package var workers = 512
  /// A drain may take this long; then it goes on by force.
  package var stopDeadlineMs: Int64 = 30_000
  /// After the deadline an attempt that still has not ended is given up.
  package var stopGraceMs: Int64 = 5_000
  /// DELETE answers 204 within this time, else 202.
  package var deleteWaitMs: Int64 = 5_000
  /// Between ticks when nothing is on the move, and when something is.
  package var calmTickMs: Int64 = 500
  package var busyTickMs: Int64 = 50
  /// Most pipelines in one daemon.
  package var maxPipelines = 10_000
  /// Most requests that may wait at once (`Prefer: wait`, DELETE); further ones are answered at once.
  package var maxWaiters = 1_000

  package init() {}
}
