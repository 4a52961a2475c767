import KafkaPipeline

/// What people ask for.
extension Lifecycle {
  mutating func start() -> LifecycleOutcome {
    switch phase {
    case .running: return .done()
    case .starting: return .accepted()
    case .backoff:
      // No need to wait any longer: whoever asks may have mended the cause.
      attempt += 1
      move(to: .starting)
      return .accepted(.launch)
    case .stopped, .failed: return begin()
    case .stopping: return afterStop == .start ? .accepted() : refusal()
    case .deleting: return refusal()
    }
  }

  mutating func stop() -> LifecycleOutcome {
    switch phase {
    case .stopped:
      desired = .stopped
      return .done()
    case .failed:
      desired = .stopped
      move(to: .stopped)
      return .done()
    case .backoff:
      desired = .stopped
      move(to: .stopping)
      move(to: .stopped)
      return .done()
    case .starting, .running:
      desired = .stopped
      afterStop = .rest
      move(to: .stopping)
      return .accepted(.requestStop(.leaveGroup))
    case .stopping:
      desired = .stopped
      // A stop may overtake a restart that is still draining.
      if afterStop == .start { afterStop = .rest }
      return .accepted()
    case .deleting: return refusal()
    }
  }

  mutating func restart() -> LifecycleOutcome {
    switch phase {
    case .starting, .running:
      desired = .running
      afterStop = .start
      move(to: .stopping)
      return .accepted(.requestStop(.leaveGroup))
    case .backoff, .stopped, .failed: return begin()
    case .stopping: return afterStop == .start ? .accepted() : refusal()
    case .deleting: return refusal()
    }
  }

  mutating func delete() -> LifecycleOutcome {
    switch phase {
    case .deleting: return .accepted()
    case .stopped, .backoff, .failed:
      desired = .stopped
      removing = true
      move(to: .deleting)
      return .accepted(.removeFiles)
    case .starting, .running:
      desired = .stopped
      move(to: .deleting)
      return .accepted(.requestStop(.leaveGroup))
    case .stopping:
      // The stop is under way already.
      desired = .stopped
      move(to: .deleting)
      return .accepted()
    }
  }

  mutating func specChanged() -> LifecycleOutcome {
    switch phase {
    case .stopped: return .done()
    case .failed:
      // The change may be the cure.
      if desired == .running { return begin() }
      lastFailure = nil
      lastFailureAt = nil
      move(to: .stopped)
      return .done()
    case .backoff, .starting, .running: return restart()
    // Whatever starts next has the new spec.
    case .stopping: return .accepted()
    case .deleting: return refusal()
    }
  }

  /// A first attempt by wish.
  private mutating func begin() -> LifecycleOutcome {
    desired = .running
    attempt = 1
    lastFailure = nil
    lastFailureAt = nil
    move(to: .starting)
    return .accepted(.launch)
  }

  private func refusal() -> LifecycleOutcome {
    if phase == .deleting { return .refused("it is being deleted") }
    return .refused(
      afterStop == .halt ? "the daemon is ending" : "it is being stopped; ask again when its phase is stopped")
  }
}
