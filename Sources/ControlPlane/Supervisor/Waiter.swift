/// A request that is answered once a pipeline has come to where it was sent, or its time is up.
struct Waiter: Sendable {
  enum Goal: Sendable { case running, paused, stopped, gone }

  let entry: PipelineEntry
  let goal: Goal
  /// Steady ms.
  let deadline: Int64
  let completion: @Sendable (CommandResult) -> Void

  /// nil: go on waiting. `snapshot` is nil once the pipeline is gone.
  static func verdict(_ goal: Goal, _ snapshot: PipelineSnapshot?, timeIsUp: Bool) -> CommandResult? {
    guard let snapshot else {
      return goal == .gone ? .deleted : .refused(Refusal(.pipelineNotFound, "the pipeline was deleted meanwhile"))
    }
    let lifecycle = snapshot.lifecycle
    switch (goal, lifecycle.phase) {
    case (.running, .running), (.running, .completed), (.paused, .paused), (.stopped, .stopped): return .done(snapshot)
    // A restart of what is paused.
    case (.running, .paused) where lifecycle.desired == .paused: return .done(snapshot)
    // It will not come there by waiting.
    case (.running, .failed), (.running, .stopped), (.running, .deleting), (.stopped, .deleting): return .accepted(snapshot)
    case (.paused, .failed), (.paused, .completed), (.paused, .stopped), (.paused, .deleting): return .accepted(snapshot)
    case (.running, .stopping) where lifecycle.afterStop != .start: return .accepted(snapshot)
    case (.paused, .stopping) where lifecycle.afterStop != .start: return .accepted(snapshot)
    case (.stopped, .starting), (.stopped, .running), (.stopped, .paused): return .accepted(snapshot)
    default: return timeIsUp ? .accepted(snapshot) : nil
    }
  }
}
