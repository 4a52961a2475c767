package import KafkaPipeline

/// The state machine of one pipeline: facts in, actions out, no I/O and no clock of its own.
///
/// Asking for what is under way joins it; asking for what is the case already changes nothing; asking for something else is
/// refused, except that a stop may overtake a start or a restart. `desired` may change with an accepted request; the owner
/// stores it before it answers (by handling the event on a copy first).
package struct Lifecycle: Sendable, Equatable {
  /// What follows the phase `stopping`.
  package enum AfterStop: String, Sendable {
    case rest, start
    /// The daemon ends.
    case halt
  }

  package internal(set) var phase: LifecyclePhase
  package internal(set) var desired: DesiredState
  /// Counts from 1 with each attempt since the last start by wish; 0 before the first.
  package internal(set) var attempt = 0
  /// Unix ms; only in `running` and `paused`.
  package internal(set) var runningSince: Int64?
  /// Unix ms; in `backoff`, and in `deleting` after a removal that failed.
  package internal(set) var nextRetryAt: Int64?
  package internal(set) var lastFailure: PipelineFailure?
  /// Unix ms.
  package internal(set) var lastFailureAt: Int64?
  /// Means something only in `stopping`.
  package internal(set) var afterStop = AfterStop.rest
  /// In `deleting`: the attempt has ended and the files are on their way out.
  package internal(set) var removing = false

  package init(desired: DesiredState) {
    self.phase = .stopped
    self.desired = desired
  }

  /// A pipeline that cannot run as it was found, such as one with a damaged spec.
  package init(failed failure: PipelineFailure, at now: Int64, desired: DesiredState) {
    self.phase = .failed
    self.desired = desired
    self.lastFailure = failure
    self.lastFailureAt = now
  }

  /// `now`: Unix ms. `jitter`: a fraction from 0 up to 1 for the delay of a retry.
  package mutating func handle(_ event: LifecycleEvent, at now: Int64, jitter: Double = 0) -> LifecycleOutcome {
    switch event {
    case .start: start()
    case .stop: stop()
    case .pause: pause()
    case .resume: resume()
    case .restart: restart()
    case .delete: delete()
    case .specChanged: specChanged()
    case .loaded: loaded()
    case .shutdown: shutdown()
    case .tick: tick(now)
    case .attemptRunning: attemptRunning(now)
    case .attemptPaused: attemptPaused()
    case .attemptCompleted: attemptCompleted(now, jitter)
    case .attemptEnded(let failure): attemptEnded(failure, now, jitter)
    case .removed: phase == .deleting ? .done(.forget) : .done()
    case .removalFailed(let failure): removalFailed(failure, now, jitter)
    }
  }

  /// What may be asked for now and would change something, in the words of the REST API.
  package var allowedActions: [String] {
    let requests: [(String, LifecycleEvent)] = [
      ("start", .start), ("stop", .stop), ("pause", .pause), ("resume", .resume), ("restart", .restart), ("delete", .delete),
    ]
    return requests.compactMap { name, event in
      var copy = self
      if case .refused = copy.handle(event, at: 0).verdict { return nil }
      return copy == self ? nil : name
    }
  }

  /// Every change of phase goes through here.
  mutating func move(to next: LifecyclePhase) {
    assert(phase.canMove(to: next), "no move from \(phase) to \(next)")
    phase = next
    if next != .running && next != .paused { runningSince = nil }
    if next != .backoff { nextRetryAt = nil }
  }
}
