import KafkaPipeline
import PipelineSpec
import RecordCodec
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
    case .setPaused(let paused): entry.attempt?.setPaused(paused)
    case .storeDesired:
      // Not stored, it starts again with the daemon, finds itself at its end, and completes again.
      if let fault = persistDesired(entry.with(\.lifecycle.desired), of: entry) { environment.log("warning", entry.name, fault.message) }
    case .removeFiles where entry.with(\.deletesGroup): deleteGroup(of: entry)
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
      entry.with(\.history).close()
      environment.log("info", entry.name, "deleted")
    }
  }

  private func launch(_ entry: PipelineEntry) {
    // The launch may have been overtaken by a stop.
    let order = entry.with { state -> (spec: PipelineSpec, erase: Bool, isOld: Bool, paused: Bool)? in
      guard state.lifecycle.phase == .starting, state.attempt == nil, let spec = state.spec else { return nil }
      return (spec, state.discardsState, state.isFromEarlierRun, state.lifecycle.desired == .paused)
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
    var plan = PipelinePlan(order.spec)
    let connection: [String: String]
    do throws(PipelineFailure) {
      plan.kafka.consumerProperties = try configuration.secrets.resolve(plan.kafka.consumerProperties)
      plan.kafka.producerProperties = try configuration.secrets.resolve(plan.kafka.producerProperties)
      connection = try configuration.secrets.resolve(order.spec.compiled.connectionProperties)
    } catch {
      apply(.attemptEnded(error), to: entry)
      return
    }
    let attempt = environment.makePipeline(
      plan,
      PipelineEnvironment(
        storeID: folder.storeID, stateDirectory: folder.stateDirectory(of: name), workers: workers,
        embeddedBroker: isEmbedded, dropsOldState: isEmbedded && order.isOld, stateBudget: configuration.stateBudget, tap: entry.with(\.tap),
        log: { level, message in log(level, name, message) }))
    attempt.setPaused(order.paused)
    attempt.start()
    // Only now, so that the tick never sees one that has not started.
    entry.with { state in
      state.attempt = attempt
      state.connection = connection
      state.status = attempt.status
      state.giveUpAt = nil
    }
  }

  /// Erases state that was given up. Only while no attempt runs. After a fault it has to be done again before one does: the wish would
  /// be for the state of that attempt.
  func eraseState(of entry: PipelineEntry) -> DiskFault? {
    do throws(DiskFault) {
      try folder.eraseState(of: entry.name)
      if var stored = entry.with(\.stored), stored.discardsState {
        stored.discardsState = false
        try files.save(stored)
        entry.with { $0.stored = stored }
      }
      environment.log("info", entry.name, "state discarded")
      return nil
    } catch { return error }
  }

  /// Where nothing runs and nothing starts, it goes at once. A fault leaves it for the next launch. On `work`.
  func discardIdleState(of entry: PipelineEntry) {
    guard entry.with(\.canDiscardState), let fault = eraseState(of: entry) else { return }
    environment.log("error", entry.name, "its discarded state is still there: \(fault.message)")
  }

  func note(_ kind: HistoryEvent.Kind, _ entry: PipelineEntry, _ message: String) {
    let (history, phase) = entry.with { ($0.history, $0.lifecycle.phase) }
    history.note(kind, phase, at: environment.now(), message)
  }

  func loadTotals(of entry: PipelineEntry) {
    let path = folder.pipelineFolder(entry.name) + "/" + StatsTotals.fileName
    guard let bytes = try? DiskFiles.read(path, limit: 65_536), let document = try? JSONValue.parse(bytes) else { return }
    let totals = StatsTotals(document)
    entry.with { ($0.earlierTotals, $0.savedTotals) = (totals, totals) }
  }

  /// Stores totals that are due, on the history's queue: nothing waits for them.
  func saveTotals(of entry: PipelineEntry, atOnce: Bool = false) {
    guard let totals = entry.with({ $0.dueTotals(environment.steadyNow(), atOnce: atOnce) }) else { return }
    entry.with(\.history).write(StatsTotals.fileName, totals.document.serialized() + [0x0A])
  }

  /// With what an earlier daemon wrote. Blocks on the disk.
  func history(of name: String) -> PipelineHistory {
    let history = PipelineHistory(folder: folder.pipelineFolder(name))
    history.load()
    return history
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
      table.insert(
        PipelineEntry(EntryState(name: name, stored: nil, spec: nil, lifecycle: lifecycle, history: history(of: name), now: now)))
    case .good(let stored):
      do throws(SpecFaults) {
        let spec = try PipelineSpec.parse(stored.spec, name: stored.name, defaults: SpecDefaults(brokers: configuration.defaultBrokers))
        let lifecycle = Lifecycle(desired: stored.desired)
        var state = EntryState(
          name: stored.name, stored: stored, spec: spec, lifecycle: lifecycle, history: history(of: stored.name), now: now)
        state.isFromEarlierRun = true
        let entry = PipelineEntry(state)
        loadTotals(of: entry)
        table.insert(entry)
        apply(.loaded, to: entry)
        discardIdleState(of: entry)
      } catch {
        let first = error.faults.first.map { "\($0.pointer): \($0.detail)" } ?? "it is not valid"
        let failure = PipelineFailure(
          code: "spec.invalid", fault: .user, retryable: false, message: "the stored spec cannot be used: \(first)",
          advice: "PUT a valid spec, or start penstock with the options that this one needs.")
        environment.log("error", stored.name, failure.message)
        let lifecycle = Lifecycle(failed: failure, at: now, desired: stored.desired)
        table.insert(
          PipelineEntry(
            EntryState(name: stored.name, stored: stored, spec: nil, lifecycle: lifecycle, history: history(of: stored.name), now: now)))
      }
    }
  }
}

extension PipelineFailure {
  init(_ fault: DiskFault, retryable: Bool) {
    self.init(code: fault.code, fault: .external, retryable: retryable, message: fault.message, advice: fault.advice)
  }
}
