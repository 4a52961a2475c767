package import PipelineSpec
import Dispatch
import KafkaPipeline
import Synchronization

/// What people ask for. Each is put on `work`, and `completion` is called once, on `work` or from the tick.
extension Supervisor {
  package typealias Completion = @Sendable (CommandResult) -> Void

  /// Stores a new pipeline, and starts it if its document says `"desired": "running"`.
  package func create(_ spec: PipelineSpec, completion: @escaping Completion) {
    command(completion) { [self] () throws(Refusal) in
      if let entry = table[spec.name] {
        throw refusal(.nameExists, "there is a pipeline named \(spec.name); PUT changes it", entry)
      }
      return try createNow(spec)
    }
  }

  /// Stores a new pipeline or replaces the spec of one that is there. `discardState`: a change that the state cannot follow is
  /// allowed, and the state goes before the next start.
  package func put(_ spec: PipelineSpec, discardState: Bool, completion: @escaping Completion) {
    command(completion) { [self] () throws(Refusal) in
      guard let entry = table[spec.name] else { return try createNow(spec) }
      return try replace(entry, by: spec, discardState)
    }
  }

  /// `start`, `stop` or `restart`. `waitMs`: hold the answer until it is done or the time is up.
  package func ask(_ event: LifecycleEvent, of name: String, waitMs: Int64, completion: @escaping Completion) {
    command(completion) { [self] () throws(Refusal) in
      guard let entry = table[name] else { throw Self.notFound(name) }
      let verdict = try perform(event, on: entry)
      let goal: Waiter.Goal = event == .stop ? .stopped : .running
      if verdict == .done { return .done(entry.snapshot(environment)) }
      return wait(for: entry, goal, waitMs, completion)
    }
  }

  /// Stops the pipeline and removes it with all its files.
  package func delete(_ name: String, completion: @escaping Completion) {
    command(completion) { [self] () throws(Refusal) in
      guard let entry = table[name] else { throw Self.notFound(name) }
      // So that it does not run again if the daemon ends on the way. A full disk must not keep anyone from deleting.
      if let fault = persistDesired(.stopped, of: entry) { environment.log("warning", name, fault.message) }
      apply(.delete, to: entry)
      return wait(for: entry, .gone, configuration.deleteWaitMs, completion)
    }
  }

  /// nil from `body`: the answer comes later.
  private func command(_ completion: @escaping Completion, _ body: @escaping @Sendable () throws(Refusal) -> CommandResult?) {
    work.async { [self] in
      do throws(Refusal) {
        switch daemon.withLock({ $0.stage }) {
        case .loading: throw Refusal(.daemonLoading, "the daemon is still reading its data folder")
        case .serving: break
        case .draining, .closed: throw Refusal(.daemonDraining, "the daemon is ending")
        }
        if let result = try body() { completion(result) }
      } catch { completion(.refused(error)) }
      checkWaiters()
      tickSoon()
    }
  }

  private func createNow(_ spec: PipelineSpec) throws(Refusal) -> CommandResult {
    guard table.count < configuration.maxPipelines else {
      throw Refusal(.tooManyPipelines, "this daemon holds \(configuration.maxPipelines) pipelines, the most it can")
    }
    try checkGroup(spec)
    let now = environment.now()
    let desired: DesiredState = spec.desired == "running" ? .running : .stopped
    let stored = StoredPipeline(
      name: spec.name, desired: desired, generation: 1, createdAt: now, updatedAt: now, spec: spec.document)
    try save(stored)
    let entry = PipelineEntry(EntryState(name: spec.name, stored: stored, spec: spec, lifecycle: Lifecycle(desired: desired), now: now))
    table.insert(entry)
    environment.log("info", spec.name, "created")
    if desired == .running { apply(.start, to: entry) }
    return .created(entry.snapshot(environment))
  }

  private func replace(_ entry: PipelineEntry, by spec: PipelineSpec, _ discardState: Bool) throws(Refusal) -> CommandResult {
    let (before, oldSpec, lifecycle) = entry.with { ($0.stored, $0.spec, $0.lifecycle) }
    if lifecycle.phase == .deleting { throw refusal(.conflict, "\(entry.name) is being deleted", entry) }
    try checkGroup(spec)
    let effect = oldSpec.map { PipelineSpec.effect(from: $0, to: spec) } ?? .restart(changed: [])
    var erases = false
    if case .stateIncompatible(let pointers) = effect {
      guard discardState else { throw incompatible(pointers, entry) }
      erases = true
    }
    let changed = oldSpec?.normalized != spec.normalized
    let wanted = spec.desired.map { $0 == "running" ? DesiredState.running : .stopped }
    let events = Self.events(after: effect, wanted)
    var preview = lifecycle
    for event in events {
      if case .refused(let why) = preview.handle(event, at: 0).verdict { throw refusal(.conflict, "\(entry.name): \(why)", entry) }
    }
    let now = environment.now()
    var stored = before ?? StoredPipeline(
      name: spec.name, desired: preview.desired, generation: 0, createdAt: now, updatedAt: now, spec: spec.document)
    stored.spec = spec.document
    stored.desired = preview.desired
    if changed { stored.generation &+= 1 }
    if changed || stored.desired != before?.desired { stored.updatedAt = now }
    if stored != before { try save(stored) }
    entry.with { state in
      state.stored = stored
      state.spec = spec
      state.eraseState = state.eraseState || erases
    }
    for event in events { apply(event, to: entry) }
    // Nothing runs and nothing starts: the state can go at once. A fault leaves it for the next launch.
    let idle = entry.with { $0.attempt == nil && $0.eraseState && $0.lifecycle.phase == .stopped }
    if idle, let fault = eraseState(of: entry) { environment.log("error", entry.name, fault.message) }
    if changed { environment.log("info", entry.name, "spec replaced, generation \(stored.generation)") }
    let word = erases ? "state_discarded" : effect == .none ? "none" : "restart"
    return .replaced(entry.snapshot(environment), changed: changed, effect: word)
  }

  /// A stop that is asked for with the new spec makes a restart needless.
  private static func events(after effect: SpecEffect, _ wanted: DesiredState?) -> [LifecycleEvent] {
    if wanted == .stopped { return [.stop] }
    return (effect == .none ? [] : [.specChanged]) + (wanted == .running ? [.start] : [])
  }

  /// Stores a change of the desired state, then handles the event.
  private func perform(_ event: LifecycleEvent, on entry: PipelineEntry) throws(Refusal) -> LifecycleOutcome.Verdict {
    let (lifecycle, spec) = entry.with { ($0.lifecycle, $0.spec) }
    if spec == nil, event != .stop {
      let why = lifecycle.lastFailure?.message ?? "its spec cannot be used"
      throw refusal(.specUnusable, "\(entry.name) has no spec to run: \(why)", entry)
    }
    var preview = lifecycle
    if case .refused(let why) = preview.handle(event, at: environment.now()).verdict {
      throw refusal(.conflict, "\(entry.name): \(why)", entry)
    }
    if let fault = persistDesired(preview.desired, of: entry) { throw Refusal(fault) }
    return apply(event, to: entry).verdict
  }

  private func persistDesired(_ desired: DesiredState, of entry: PipelineEntry) -> DiskFault? {
    guard var stored = entry.with(\.stored), stored.desired != desired else { return nil }
    stored.desired = desired
    stored.updatedAt = environment.now()
    do throws(DiskFault) { try files.save(stored) } catch { return error }
    entry.with { $0.stored = stored }
    return nil
  }

  private func save(_ stored: StoredPipeline) throws(Refusal) {
    do throws(DiskFault) { try files.save(stored) } catch { throw Refusal(error) }
  }

  /// Two members of one group with different work would steal each other's partitions.
  private func checkGroup(_ spec: PipelineSpec) throws(Refusal) {
    let brokers = Set(spec.compiled.brokers.split(separator: ","))
    for entry in table.all where entry.name != spec.name {
      guard let other = entry.spec?.compiled, other.groupID == spec.compiled.groupID else { continue }
      guard !brokers.isDisjoint(with: other.brokers.split(separator: ",")) else { continue }
      throw Refusal(
        .groupInUse, "pipeline \(entry.name) reads with the group \(other.groupID) from the same brokers",
        faults: [
          SpecFault(
            pointer: "/kafka/group_id", code: "conflict", detail: "pipeline \(entry.name) uses this group on the same brokers",
            suggestion: "penstock-\(spec.name)")
        ])
    }
  }

  private func incompatible(_ pointers: [String], _ entry: PipelineEntry) -> Refusal {
    Refusal(
      .stateIncompatible,
      "the state of \(entry.name) does not fit the new spec; with ?state=discard its open windows are given up",
      allowedActions: entry.with(\.lifecycle.allowedActions),
      faults: pointers.map {
        SpecFault(
          pointer: $0, code: "state_incompatible", detail: "open windows cannot follow a change here", suggestion: "?state=discard")
      })
  }

  private func refusal(_ code: ProblemCode, _ detail: String, _ entry: PipelineEntry) -> Refusal {
    Refusal(code, detail, allowedActions: entry.with(\.lifecycle.allowedActions))
  }

  static func notFound(_ name: String) -> Refusal {
    Refusal(.pipelineNotFound, "there is no pipeline named \(name.prefix(80))")
  }
}
