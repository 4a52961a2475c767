import KafkaPipeline
import PipelineSpec
import Synchronization

/// What runs on `work`: actions of the state machines, and what was found on disk.
extension Supervisor {
  /// Handles the event and does at once what follows from it.
  @discardableResult
  func apply(_ event: LifecycleEvent, to entry: PipelineEntry) -> LifecycleOutcome {
    let outcome = entry.with { $0.handle(event, environment, configuration) }
    for action in outcome.actions { execute(action, for: entry) }
    return outcome
  }

  func execute(_ action: LifecycleAction, for entry: PipelineEntry) {
    switch action {
    case .launch: launch(entry)
    case .requestStop(let mode):
      guard let attempt = entry.attempt else {
        apply(.attemptEnded(nil), to: entry)
        return
      }
      attempt.stop(mode, deadlineMs: configuration.stopDeadlineMs)
    case .removeFiles:
      do throws(DiskFault) {
        try files.remove(entry.name)
        apply(.removed, to: entry)
      } catch {
        environment.log("error", entry.name, "cannot be removed: \(error.message). \(error.advice)")
        apply(.removalFailed(PipelineFailure(error, retryable: true)), to: entry)
      }
    case .forget:
      releaseProbe(of: entry)
      table.remove(entry.name)
      environment.log("info", entry.name, "deleted")
    }
  }

  private func launch(_ entry: PipelineEntry) {
    // The launch may have been overtaken by a stop.
    let order = entry.with { state -> (spec: PipelineSpec, erase: Bool, isOld: Bool)? in
      guard state.lifecycle.phase == .starting, state.attempt == nil, let spec = state.spec else { return nil }
      return (spec, state.eraseState, state.isFromEarlierRun)
    }
    guard let order else { return }
    if order.erase, let fault = eraseState(of: entry) {
      apply(.attemptEnded(PipelineFailure(fault, retryable: true)), to: entry)
      return
    }
    let name = entry.name
    let log = environment.log
    // An embedded broker of an earlier process took its topics along, so that state is worth nothing. A restart in this process
    // must keep it.
    let isEmbedded = order.spec.compiled.brokers == configuration.embeddedBroker
    let attempt = environment.makePipeline(
      PipelinePlan(order.spec),
      PipelineEnvironment(
        storeID: folder.storeID, stateDirectory: folder.stateDirectory(of: name), workers: workers,
        embeddedBroker: isEmbedded, dropsOldState: isEmbedded && order.isOld,
        log: { level, message in log(level, name, message) }))
    attempt.start()
    // Only now, so that the tick never sees one that has not started.
    entry.with { state in
      state.attempt = attempt
      state.status = attempt.status
      state.giveUpAt = nil
    }
  }

  /// Erases the state that a new spec cannot use. Only while no attempt runs.
  func eraseState(of entry: PipelineEntry) -> DiskFault? {
    do throws(DiskFault) {
      try folder.eraseState(of: entry.name)
      entry.with { $0.eraseState = false }
      environment.log("info", entry.name, "state discarded")
      return nil
    } catch { return error }
  }

  /// Takes in what was found in one folder.
  func adopt(_ loaded: LoadedPipeline) {
    let now = environment.now()
    switch loaded {
    case .damaged(let name, let reason):
      environment.log("error", PipelineName.isValid(name) ? name : nil, reason)
      // Nothing that has no name can be asked for or deleted over REST.
      guard PipelineName.isValid(name) else { return }
      let failure = PipelineFailure(
        code: "spec.damaged", fault: .external, retryable: false, message: reason,
        advice: "PUT the spec again, or DELETE the pipeline.")
      let lifecycle = Lifecycle(failed: failure, at: now, desired: .stopped)
      table.insert(PipelineEntry(EntryState(name: name, stored: nil, spec: nil, lifecycle: lifecycle, now: now)))
    case .good(let stored):
      do throws(SpecFaults) {
        let spec = try PipelineSpec.parse(stored.spec, name: stored.name, defaults: SpecDefaults(brokers: configuration.defaultBrokers))
        let lifecycle = Lifecycle(desired: stored.desired)
        var state = EntryState(name: stored.name, stored: stored, spec: spec, lifecycle: lifecycle, now: now)
        state.isFromEarlierRun = true
        let entry = PipelineEntry(state)
        table.insert(entry)
        if stored.desired == .running { apply(.start, to: entry) }
      } catch {
        let first = error.faults.first.map { "\($0.pointer): \($0.detail)" } ?? "it is not valid"
        let failure = PipelineFailure(
          code: "spec.invalid", fault: .user, retryable: false, message: "the stored spec cannot be used: \(first)",
          advice: "PUT a valid spec, or start penstock with the options that this one needs.")
        environment.log("error", stored.name, failure.message)
        let lifecycle = Lifecycle(failed: failure, at: now, desired: stored.desired)
        table.insert(PipelineEntry(EntryState(name: stored.name, stored: stored, spec: nil, lifecycle: lifecycle, now: now)))
      }
    }
  }
}

extension PipelineFailure {
  init(_ fault: DiskFault, retryable: Bool) {
    self.init(code: fault.code, fault: .external, retryable: retryable, message: fault.message, advice: fault.advice)
  }
}
