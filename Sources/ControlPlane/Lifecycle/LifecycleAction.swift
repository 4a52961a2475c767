package import KafkaPipeline

/// What the owner of a `Lifecycle` has to do after an event, in this order.
package enum LifecycleAction: Sendable, Equatable {
  /// Make an attempt and start it.
  case launch
  /// Ask the attempt to end. If there is none, it has ended.
  case requestStop(PipelineAttempt.StopMode)
  /// Remove the pipeline's files, then tell `removed` or `removalFailed`.
  case removeFiles
  /// The pipeline is no more.
  case forget
}
