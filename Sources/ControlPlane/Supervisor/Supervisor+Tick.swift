import Dispatch
import KafkaPipeline
import PipelineSpec
import Synchronization

/// The tick: what lanes and probes say, and what follows from it.
extension Supervisor {
  private static let storeCheckEveryMs: Int64 = 5_000
  private static let giveBackEveryMs: Int64 = 60_000

  /// Begins a new chain of ticks, which ends the one before: after a command the calm tick may be too far away.
  func tickSoon() {
    let due = environment.steadyNow() + configuration.busyTickMs
    let chain = daemon.withLock { state -> Int? in
      // Commands that come closer together than ticks must not put the tick off for ever.
      if let next = state.nextTickAt, next <= due { return nil }
      state.tickChain &+= 1
      return state.tickChain
    }
    if let chain { tickLater(configuration.busyTickMs, chain) }
  }

  private func tickLater(_ delayMs: Int64, _ chain: Int) {
    let due = environment.steadyNow() + delayMs
    let isNewest = daemon.withLock { state in
      guard state.tickChain == chain else { return false }
      state.nextTickAt = due
      return true
    }
    guard isNewest else { return }
    // Weak: a tick to come must not keep the data folder locked when all else is over.
    ticks.asyncAfter(deadline: .now() + .milliseconds(Int(clamping: delayMs))) { [weak self] in
      guard let self else { return }
      let isDue = daemon.withLock { state in
        guard state.stage != .closed, state.tickChain == chain else { return false }
        // A command from here on may be too late for this tick.
        state.nextTickAt = nil
        return true
      }
      guard isDue else { return }
      tick()
      tickLater(somethingMoves ? configuration.busyTickMs : configuration.calmTickMs, chain)
    }
  }

  /// Runs on `ticks`.
  private func tick() {
    for entry in table.all { watch(entry) }
    checkWaiters()
    let now = environment.steadyNow()
    let checkStoreNow = daemon.withLock { state in
      state.lastTick = now
      // One at a time: a disk that hangs must not pile them up.
      guard state.stage == .serving, (state.storeCheckBegunAt ?? .min) <= (state.storeCheckedAt ?? .min),
        now - (state.storeCheckedAt ?? 0) >= Self.storeCheckEveryMs
      else { return false }
      state.storeCheckBegunAt = now
      return true
    }
    let givesBack = daemon.withLock { state in
      guard now - state.memoryGivenBackAt >= Self.giveBackEveryMs else { return false }
      state.memoryGivenBackAt = now
      return true
    }
    if givesBack { block { [self] in environment.giveBackMemory() } }
    if checkStoreNow { work.async { [self] in checkStore() } }
  }

  /// Someone waits for an answer, or a pipeline is between two phases that do not last.
  private var somethingMoves: Bool {
    if waiters.withLock({ !$0.isEmpty }) { return true }
    return table.all.contains { entry in
      entry.with { state in
        switch state.lifecycle.phase {
        case .stopping, .deleting: true
        // A broker that never comes must not keep the tick fast.
        case .starting: environment.now() - state.phaseSince < Health.startGraceMs
        case .stopped, .backoff, .failed, .completed: false
        // A pause that was asked for, or its end.
        case .running: state.lifecycle.desired == .paused
        case .paused: state.lifecycle.desired == .running
        }
      }
    }
  }

  private func watch(_ entry: PipelineEntry) {
    let attempt = entry.attempt
    attempt?.tick()
    let seen = attempt?.status
    syncProbe(of: entry)
    let (actions, discards) = entry.with { state -> ([LifecycleAction], Bool) in
      // A launch or an end came in between: the next tick has the truth.
      guard state.attempt === attempt else { return ([], false) }
      let before = state.lifecycle.phase
      // The attempt that ended stays alive through `attempt` until the lock is free.
      let actions = state.observe(seen, environment, configuration).actions
      return (actions, state.lifecycle.phase != before && state.canDiscardState)
    }
    saveTotals(of: entry, atOnce: attempt != nil && entry.attempt == nil)
    guard !actions.isEmpty || discards else { return }
    work.async { [self] in
      for action in actions { execute(action, for: entry) }
      discardIdleState(of: entry)
      checkWaiters()
    }
  }

  /// A probe for as long as someone wants the pipeline to run.
  private func syncProbe(of entry: PipelineEntry) {
    let (wanted, held) = entry.with { state -> (ProbePool.Wish?, ProbePool.Wish?) in
      let runs: Bool =
        switch state.lifecycle.phase {
        case .starting, .running, .paused, .backoff, .stopping: true
        case .stopped, .failed, .completed, .deleting: false
        }
      let compiled = state.spec?.compiled
      let wanted = compiled.flatMap { compiled in
        state.connection.map { connection in
          let topics = compiled.inputTopics + [compiled.outputTopic] + [compiled.errors.deadLetterTopic].compactMap { $0 }
          return ProbePool.Wish(key: ProbePool.Key(brokers: compiled.brokers, properties: connection), topics: Set(topics))
        }
      }
      return (runs ? wanted : nil, state.probeWish)
    }
    guard wanted != held else { return }
    let probe = wanted.map { probes.acquire($0) }
    entry.with { state in
      state.probeWish = wanted
      state.probe = probe
    }
    if let held { probes.release(held) }
  }

  func releaseProbe(of entry: PipelineEntry) {
    let held = entry.with { state -> ProbePool.Wish? in
      defer {
        state.probeWish = nil
        state.probe = nil
      }
      return state.probeWish
    }
    if let held { probes.release(held) }
  }

  /// Runs on `work`: can the data folder be written?
  func checkStore() {
    let fault = folder.writeFault()
    let now = environment.steadyNow()
    let before = daemon.withLock { state in
      defer {
        state.storeFault = fault
        state.storeCheckedAt = now
        state.storeCheckBegunAt = state.storeCheckBegunAt ?? now
      }
      return state.storeFault
    }
    if let fault, fault.code != before?.code { environment.log("error", nil, "\(fault.message). \(fault.advice)") }
    if fault == nil, before != nil { environment.log("info", nil, "the data folder can be written again") }
  }
}
