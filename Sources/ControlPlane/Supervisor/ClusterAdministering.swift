package import KafkaPipeline

/// What is done to a pipeline's group and state while it does not run, as the supervisor sees it. Every call blocks, up to half a minute.
package protocol ClusterAdministering: Sendable {
  func deleteGroup() throws(PipelineFailure)
  func missingTopics() throws(PipelineFailure) -> [String]
  func planMove(_ target: OffsetTarget, keepsWindows: Bool) throws(PipelineFailure) -> [OffsetMove]
  func move(_ target: OffsetTarget, keepsWindows: Bool) throws(PipelineFailure) -> [OffsetMove]
}

extension KafkaAdmin: ClusterAdministering {}
