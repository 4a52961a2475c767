package import KafkaPipeline

/// What can happen to a pipeline.
package enum LifecycleEvent: Sendable, Equatable {
  // Asked for over REST.
  case start, stop, restart, delete
  /// A spec was stored that needs new lanes.
  case specChanged

  // From the daemon.
  /// The daemon ends: stop, but run again at its next start.
  case shutdown
  /// Time has passed.
  case tick

  // From the attempt.
  case attemptRunning
  /// nil: it ended because it was asked to.
  case attemptEnded(PipelineFailure?)

  // From the disk, while deleting.
  case removed
  case removalFailed(PipelineFailure)
}
