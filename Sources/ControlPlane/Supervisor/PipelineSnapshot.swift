package import KafkaPipeline
package import PipelineSpec

/// A pipeline as it is at one moment: what the REST documents are made from. Times are Unix ms.
package struct PipelineSnapshot: Sendable {
  package var name: String
  /// nil while the stored spec cannot be read.
  package var stored: StoredPipeline?
  /// nil while the stored spec cannot be read or is not valid.
  package var spec: PipelineSpec?
  package var lifecycle: Lifecycle
  package var phaseSince: Int64
  package var health: Health
  /// The lanes' word; of the last attempt when none runs.
  package var status: PipelineStatus?
  package var hasAttempt: Bool
  /// Counters over all attempts since the daemon came up.
  package var stats: KafkaStreamStats
  package var rates10s: (consumed: Double, produced: Double)?
  package var rates1m: (consumed: Double, produced: Double)?
  /// What was counted since the pipeline was created, over restarts of the daemon.
  package var sinceCreated: StatsTotals
  /// Latencies of the last one to two minutes.
  package var recentSinceFired: LatencyHistogram
  package var recentSinceEvent: LatencyHistogram
  /// What stands in the way now, or what ended the last attempt.
  package var lastError: PipelineFailure?
  package var lastErrorAt: Int64?
  /// A stop passed its deadline and windows were left to the last checkpoint.
  package var forced: Bool
  /// Clients given up because a call did not return, over all attempts.
  package var leakedClients: Int
  package var now: Int64
}
