import KafkaPipeline

/// What people ask for.
extension Lifecycle {
  mutating func start() -> LifecycleOutcome {
    switch phase {
    case .running, .paused: return resume()
    case .starting: return resume()
    case .backoff:
      // No need to wait any longer: whoever asks may have mended the cause.
      desired = .running
      attempt += 1
      move(to: .starting)
      return .accepted(.launch)
    case .stopped, .failed, .completed: return begin()
    case .stopping where afterStop == .start:
      // It may have been a paused one that restarts.
      desired = .running
      return .accepted()
    case .stopping: return refusal()
    case .deleting: return refusal()
    }
  }

  /// Stop reading, keep everything else: members, clients, state.
  mutating func pause() -> LifecycleOutcome {
    switch phase {
    case .paused where desired == .paused: return .done()
    case .running where desired == .paused, .starting where desired == .paused: return .accepted()
    case .running, .paused, .starting:
      desired = .paused
      return .accepted(.setPaused(true))
    case .backoff:
      desired = .paused
      return .accepted()
    case .stopping where afterStop == .start:
      desired = .paused
      return .accepted()
    case .stopped, .failed, .completed: return .refused("it does not run, so there is nothing to pause")
    case .stopping, .deleting: return refusal()
    }
  }

  mutating func resume() -> LifecycleOutcome {
    switch phase {
    case .running where desired == .running: return .done()
    case .starting where desired == .running: return .accepted()
    case .running, .paused, .starting:
      desired = .running
      return .accepted(.setPaused(false))
    case .backoff:
      desired = .running
      return .accepted()
    case .stopping where afterStop == .start:
      desired = .running
      return .accepted()
    case .stopped, .failed, .completed: return .refused("it is not paused; start makes it run")
    case .stopping, .deleting: return refusal()
    }
  }

  mutating func stop() -> LifecycleOutcome {
    switch phase {
    case .stopped:
      desired = .stopped
      return .done()
    case .failed, .completed:
      desired = .stopped
      move(to: .stopped)
      return .done()
    case .backoff:
      desired = .stopped
      move(to: .stopping)
      move(to: .stopped)
      return .done()
    case .starting, .running, .paused:
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
    case .starting, .running, .paused:
      if desired == .stopped { desired = .running }
      afterStop = .start
      move(to: .stopping)
      return .accepted(.requestStop(.leaveGroup))
    case .backoff, .stopped, .failed, .completed: return begin(as: desired == .paused ? .paused : .running)
    case .stopping: return afterStop == .start ? .accepted() : refusal()
    case .deleting: return refusal()
    }
  }

  mutating func delete() -> LifecycleOutcome {
    switch phase {
    case .deleting: return .accepted()
    case .stopped, .backoff, .failed, .completed:
      desired = .stopped
      removing = true
      move(to: .deleting)
      return .accepted(.removeFiles)
    case .starting, .running, .paused:
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
    case .stopped, .completed: return .done()
    case .failed:
      // The change may be the cure.
      if desired != .stopped { return begin(as: desired) }
      lastFailure = nil
      lastFailureAt = nil
      move(to: .stopped)
      return .done()
    case .backoff, .starting, .running, .paused: return restart()
    // Whatever starts next has the new spec.
    case .stopping: return .accepted()
    case .deleting: return refusal()
    }
  }

  /// What was stored is wanted again after a start of the daemon.
  mutating func loaded() -> LifecycleOutcome {
    guard phase == .stopped, desired != .stopped else { return .done() }
    return begin(as: desired)
  }

  /// A first attempt by wish.
  private mutating func begin(as wanted: DesiredState = .running) -> LifecycleOutcome {
    desired = wanted
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
