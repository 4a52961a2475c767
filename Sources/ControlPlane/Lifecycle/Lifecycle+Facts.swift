import KafkaPipeline

/// What happens without being asked for.
extension Lifecycle {
  mutating func attemptRunning(_ now: Int64) -> LifecycleOutcome {
    guard phase == .starting || (phase == .paused && desired == .running) else { return .done() }
    if phase == .starting { runningSince = now }
    move(to: .running)
    return .done()
  }

  mutating func attemptPaused() -> LifecycleOutcome {
    guard phase == .running, desired == .paused else { return .done() }
    move(to: .paused)
    return .done()
  }

  mutating func attemptCompleted(_ now: Int64, _ jitter: Double) -> LifecycleOutcome {
    switch phase {
    case .starting, .running, .paused:
      // It is not to begin again by itself.
      desired = .stopped
      move(to: .completed)
      return .done(.storeDesired)
    case .stopped, .backoff, .failed, .completed, .stopping, .deleting: return attemptEnded(nil, now, jitter)
    }
  }

  mutating func attemptEnded(_ failure: PipelineFailure?, _ now: Int64, _ jitter: Double) -> LifecycleOutcome {
    switch phase {
    case .starting, .running, .paused:
      let failure = failure ?? Self.endedUnasked
      note(failure, now)
      guard failure.retryable else {
        move(to: .failed)
        return .done()
      }
      move(to: .backoff)
      nextRetryAt = now + Backoff.delayMs(failures: attempt, jitter: jitter)
      return .done()
    case .stopping:
      if let failure { note(failure, now) }
      move(to: .stopped)
      guard afterStop == .start else { return .done() }
      attempt = 1
      move(to: .starting)
      return .accepted(.launch)
    case .deleting:
      guard !removing else { return .done() }
      removing = true
      return .accepted(.removeFiles)
    case .stopped, .backoff, .failed, .completed: return .done()
    }
  }

  mutating func removalFailed(_ failure: PipelineFailure, _ now: Int64, _ jitter: Double) -> LifecycleOutcome {
    guard phase == .deleting else { return .done() }
    note(failure, now)
    nextRetryAt = now + Backoff.delayMs(failures: 3, jitter: jitter)
    return .done()
  }

  mutating func tick(_ now: Int64) -> LifecycleOutcome {
    if phase == .running || phase == .paused, let since = runningSince, now - since >= Backoff.resetAfterMs, attempt > 1 {
      attempt = 1
    }
    guard let due = nextRetryAt else { return .done() }
    // A wall clock that was set back must not put a retry off for hours.
    guard now >= due || due - now > Backoff.longestMs else { return .done() }
    switch phase {
    case .backoff:
      attempt += 1
      move(to: .starting)
      return .accepted(.launch)
    case .deleting:
      nextRetryAt = nil
      return .accepted(.removeFiles)
    default: return .done()
    }
  }

  mutating func shutdown() -> LifecycleOutcome {
    switch phase {
    case .starting, .running, .paused:
      afterStop = .halt
      move(to: .stopping)
      return .accepted(.requestStop(.keepMembership))
    case .backoff:
      move(to: .stopping)
      move(to: .stopped)
      return .done()
    case .stopping:
      afterStop = .halt
      return .accepted()
    case .stopped, .failed, .completed: return .done()
    case .deleting: return .accepted()
    }
  }

  private mutating func note(_ failure: PipelineFailure, _ now: Int64) {
    lastFailure = failure
    lastFailureAt = now
  }

  /// An attempt says why it ended; one that does not is at fault itself.
  private static let endedUnasked = PipelineFailure(
    code: "pipeline.ended", fault: .internal, retryable: true, message: "the lanes ended without being asked to and without a reason",
    advice: "It is started again; if this repeats, the log around this time helps to find out why.")
}
