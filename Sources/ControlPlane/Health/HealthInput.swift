package import KafkaPipeline

/// All that a pipeline's health is computed from. Times are Unix ms.
package struct HealthInput: Sendable {
  package var lifecycle: Lifecycle
  /// Since when the phase is what it is.
  package var phaseSince: Int64
  /// What the lanes say; nil without an attempt.
  package var status: PipelineStatus?
  package var probe: ClusterProbe.Answer
  package var brokers: String
  package var autoCommitIntervalMs: Int64
  package var deliveryTimeoutMs: Int64
  package var now: Int64

  package init(
    lifecycle: Lifecycle, phaseSince: Int64, status: PipelineStatus?, probe: ClusterProbe.Answer, brokers: String,
    autoCommitIntervalMs: Int64, deliveryTimeoutMs: Int64, now: Int64
  ) {
    self.lifecycle = lifecycle
    self.phaseSince = phaseSince
    self.status = status
    self.probe = probe
    self.brokers = brokers
    self.autoCommitIntervalMs = autoCommitIntervalMs
    self.deliveryTimeoutMs = deliveryTimeoutMs
    self.now = now
  }
}
