/// What a pipeline is seen to do. What it should do is its `DesiredState`.
package enum LifecyclePhase: String, Sendable, CaseIterable {
  case stopped
  /// Waiting for a worker, connecting, loading state.
  case starting
  case running
  /// As running, and nothing is read, by wish.
  case paused
  /// An attempt failed; the next one comes at `next_retry_at`.
  case backoff
  /// Waiting will not help: someone has to change something.
  case failed
  /// A bounded run (`stop_at`) came to its end.
  case completed
  /// Draining, or on the way through a restart.
  case stopping
  /// Stopping for good, then removing its files.
  case deleting

  /// Every legal move. A move that is not here is a fault of the state machine.
  ///
  /// ```
  /// stopped  -> starting -> running <-> paused          a start that works
  /// starting, running, paused -> backoff -> starting    a failure that waiting may mend
  /// starting, running, paused -> failed                 one that it cannot; failed -> starting, stopped by wish
  /// starting, running, paused -> completed              a bounded run at its end; completed -> starting, stopped by wish
  /// starting, running, paused, backoff -> stopping -> stopped
  /// anything -> deleting
  /// ```
  package static let moves: [LifecyclePhase: Set<LifecyclePhase>] = [
    .stopped: [.starting, .deleting],
    .starting: [.running, .backoff, .failed, .completed, .stopping, .deleting],
    .running: [.paused, .backoff, .failed, .completed, .stopping, .deleting],
    .paused: [.running, .backoff, .failed, .completed, .stopping, .deleting],
    .backoff: [.starting, .stopping, .deleting],
    .failed: [.starting, .stopped, .deleting],
    .completed: [.starting, .stopped, .deleting],
    .stopping: [.stopped, .deleting],
    .deleting: [],
  ]

  package func canMove(to next: LifecyclePhase) -> Bool { Self.moves[self]?.contains(next) ?? false }

  /// An attempt is under way, with clients and lanes.
  package var hasAttempt: Bool {
    switch self {
    case .starting, .running, .paused, .stopping: true
    case .stopped, .backoff, .failed, .completed, .deleting: false
    }
  }
}
