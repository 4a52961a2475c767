package import KafkaPipeline

/// What can happen to a pipeline.
package enum LifecycleEvent: Sendable, Equatable {
  // Asked for over REST.
  case start, stop, pause, resume, restart, delete
  /// A spec was stored that needs new lanes.
  case specChanged

  // From the daemon.
  /// It was found on disk when the daemon started.
  case loaded
  /// The daemon ends: stop, but run again at its next start.
  case shutdown
  /// Time has passed.
  case tick

  // From the attempt.
  case attemptRunning
  case attemptPaused
  /// A bounded run came to its end.
  case attemptCompleted
  /// nil: it ended because it was asked to.
  case attemptEnded(PipelineFailure?)

  // From the disk, while deleting.
  case removed
  case removalFailed(PipelineFailure)

  /// Of what people ask for, as the REST API has it.
  var word: String {
    switch self {
    case .start: "start"
    case .stop: "stop"
    case .pause: "pause"
    case .resume: "resume"
    case .restart: "restart"
    case .delete: "delete"
    default: "\(self)"
    }
  }
}
