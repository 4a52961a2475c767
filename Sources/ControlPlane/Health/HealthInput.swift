package import KafkaPipeline

/// All that a pipeline's health is computed from. Times are Unix ms.
package struct HealthInput: Sendable {
  package var lifecycle: Lifecycle
  /// Since when the phase is what it is.
  package var phaseSince: Int64
  /// What the lanes say; nil without an attempt.
  package var status: PipelineStatus?
  package var probe: ClusterProbe.Answer
  /// What the cluster says of topics.
  package var topics: [String: ClusterProbe.Topic]
  package var brokers: String
  package var groupID: String
  package var inputTopics: [String]
  /// The topic of dead letters too, if there is one.
  package var outputTopics: [String]
  package var autoCommitIntervalMs: Int64
  package var deliveryTimeoutMs: Int64
  package var now: Int64

  package init(
    lifecycle: Lifecycle, phaseSince: Int64, status: PipelineStatus?, probe: ClusterProbe.Answer,
    topics: [String: ClusterProbe.Topic], brokers: String, groupID: String, inputTopics: [String], outputTopics: [String], autoCommitIntervalMs: Int64, deliveryTimeoutMs: Int64, now: Int64
  ) {
    self.lifecycle = lifecycle
    self.phaseSince = phaseSince
    self.status = status
    self.probe = probe
    self.topics = topics
    self.brokers = brokers
    self.groupID = groupID
    self.inputTopics = inputTopics
    self.outputTopics = outputTopics
    self.autoCommitIntervalMs = autoCommitIntervalMs
    self.deliveryTimeoutMs = deliveryTimeoutMs
    self.now = now
  }
}
