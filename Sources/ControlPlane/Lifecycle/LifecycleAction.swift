package import KafkaPipeline

/// What the owner of a `Lifecycle` has to do after an event, in this order.
package enum LifecycleAction: Sendable, Equatable {
  /// Make an attempt and start it.
  case launch
  /// Ask the attempt to end. If there is none, it has ended.
  case requestStop(PipelineAttempt.StopMode)
  /// Tell the attempt, if there is one, whether to read.
  case setPaused(Bool)
  /// `desired` changed without being asked for: store it.
  case storeDesired
  /// Remove the pipeline's files, then tell `removed` or `removalFailed`.
  case removeFiles
  /// The pipeline is no more.
  case forget
}
