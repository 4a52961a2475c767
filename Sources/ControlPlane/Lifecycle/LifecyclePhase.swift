/// What a pipeline is seen to do. What it should do is its `DesiredState`.
package enum LifecyclePhase: String, Sendable, CaseIterable {
  case stopped
  /// Waiting for a worker, connecting, loading state.
  case starting
  case running
  /// An attempt failed; the next one comes at `next_retry_at`.
  case backoff
  /// Waiting will not help: someone has to change something.
  case failed
  /// Draining, or on the way through a restart.
  case stopping
  /// Stopping for good, then removing its files.
  case deleting

  /// Every legal move. A move that is not here is a fault of the state machine.
  ///
  /// ```
  /// stopped  -> starting -> running             a start that works
  /// starting, running -> backoff -> starting    a failure that waiting may mend
  /// starting, running -> failed                 one that it cannot; failed -> starting, stopped by wish
  /// starting, running, backoff -> stopping -> stopped
  /// anything -> deleting
  /// ```
  package static let moves: [LifecyclePhase: Set<LifecyclePhase>] = [
    .stopped: [.starting, .deleting],
    .starting: [.running, .backoff, .failed, .stopping, .deleting],
    .running: [.backoff, .failed, .stopping, .deleting],
    .backoff: [.starting, .stopping, .deleting],
    .failed: [.starting, .stopped, .deleting],
    .stopping: [.stopped, .deleting],
    .deleting: [],
  ]

  package func canMove(to next: LifecyclePhase) -> Bool { Self.moves[self]?.contains(next) ?? false }
}
