package import PipelineSpec
import Dispatch
import KafkaPipeline
import Synchronization

/// What people ask for. Each is put on `work`, and `completion` is called once, on `work` or from the tick.
extension Supervisor {
  package typealias Completion = @Sendable (CommandResult) -> Void

  /// Stores a new pipeline, and starts it if its document says `"desired": "running"`.
  package func create(_ spec: PipelineSpec, dryRun: Bool = false, by requester: Requester = .daemon, completion: @escaping Completion) {
    command(completion) { [self] () throws(Refusal) in
      if let entry = table[spec.name] {
        throw refusal(.nameExists, "there is a pipeline named \(spec.name); PUT changes it", entry)
      }
      return try createNow(spec, dryRun, requester)
    }
  }

  /// Stores a new pipeline or replaces the spec of one that is there.
  package func put(
    _ spec: PipelineSpec, _ options: PutOptions = PutOptions(), by requester: Requester = .daemon, topicsChecked: Bool = false,
    completion: @escaping Completion
  ) {
    command(completion) { [self] () throws(Refusal) in
      let entry = table[spec.name]
      if let refusal = options.preconditions.failure(entry) { throw refusal }
      guard let entry else { return try createNow(spec, options.dryRun, requester) }
      if !topicsChecked {
        let isAsked = try checkTopicsFirst(entry, spec, completion) { [self] in
          put(spec, options, by: requester, topicsChecked: true, completion: completion)
        }
        if isAsked { return nil }
      }
      return try replace(entry, by: spec, options, requester)
    }
  }

  /// `start`, `stop`, `pause`, `resume` or `restart`. `waitMs`: hold the answer until it is done or the time is up. `drainsWindows`: a
  /// stop puts out what open windows hold.
  package func ask(
    _ event: LifecycleEvent, of name: String, drainsWindows: Bool = false, waitMs: Int64, by requester: Requester = .daemon,
    completion: @escaping Completion
  ) {
    command(completion) { [self] () throws(Refusal) in
      guard let entry = table[name] else { throw Self.notFound(name) }
      if drainsWindows, entry.phase == .stopping {
        throw refusal(.conflict, "\(name) is being stopped already, without its open windows", entry)
      }
      let verdict = try perform(event, on: entry, drainsWindows: drainsWindows, requester)
      let goal: Waiter.Goal = event == .stop ? .stopped : event == .pause ? .paused : .running
      if verdict == .done { return .done(entry.snapshot(environment)) }
      return wait(for: entry, goal, waitMs, completion)
    }
  }

  /// Stops the pipeline and removes it with all its files.
  ///
  /// `offsets`: its consumer group goes too, before the files.
  package func delete(
    _ name: String, offsets: Bool = false, _ preconditions: Preconditions = Preconditions(), by requester: Requester = .daemon,
    completion: @escaping Completion
  ) {
    command(completion) { [self] () throws(Refusal) in
      guard let entry = table[name] else { throw Self.notFound(name) }
      if let refusal = preconditions.failure(entry) { throw refusal }
      try checkIdle(entry)
      // Whoever asks again without it takes it back: a group that cannot be deleted must not keep the pipeline.
      entry.with { $0.deletesGroup = offsets }
      note(.deleting, entry, "delete\(offsets ? " with its group" : "") asked for by \(requester.text)")
      // So that it does not run again if the daemon ends on the way. A full disk must not keep anyone from deleting.
      if let fault = persistDesired(.stopped, of: entry) { environment.log("warning", name, fault.message) }
      apply(.delete, to: entry)
      return wait(for: entry, .gone, configuration.deleteWaitMs, completion)
    }
  }

  /// nil from `body`: the answer comes later.
  func command(_ completion: @escaping Completion, _ body: @escaping @Sendable () throws(Refusal) -> CommandResult?) {
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

  private func createNow(_ spec: PipelineSpec, _ dryRun: Bool, _ requester: Requester) throws(Refusal) -> CommandResult {
    guard table.count < configuration.maxPipelines else {
      throw Refusal(.tooManyPipelines, "this daemon holds \(configuration.maxPipelines) pipelines, the most it can")
    }
    try checkGroup(spec)
    try checkTransactions(spec)
    if dryRun { return .planned(SpecPlan(spec: spec, exists: false, changed: true, effect: .create, changes: [], wouldLose: nil)) }
    let now = environment.now()
    let desired = spec.desired.flatMap(DesiredState.init(rawValue:)) ?? .stopped
    let stored = StoredPipeline(
      name: spec.name, desired: desired, generation: 1, createdAt: now, updatedAt: now, spec: spec.document)
    try save(stored)
    let entry = PipelineEntry(
      EntryState(
        name: spec.name, stored: stored, spec: spec, lifecycle: Lifecycle(desired: desired), history: history(of: spec.name), now: now))
    table.insert(entry)
    note(.created, entry, "created by \(requester.text)")
    environment.log("info", spec.name, "created")
    apply(.loaded, to: entry)
    return .created(entry.snapshot(environment))
  }

  private func replace(
    _ entry: PipelineEntry, by spec: PipelineSpec, _ options: PutOptions, _ requester: Requester
  ) throws(Refusal) -> CommandResult {
    let (before, oldSpec, lifecycle) = entry.with { ($0.stored, $0.spec, $0.lifecycle) }
    if lifecycle.phase == .deleting { throw refusal(.conflict, "\(entry.name) is being deleted", entry) }
    try checkIdle(entry)
    try checkGroup(spec)
    try checkTransactions(spec)
    let effect = oldSpec.map { PipelineSpec.effect(from: $0, to: spec) } ?? .restart(changed: [])
    let changed = oldSpec?.normalized != spec.normalized
    var erases = false
    if case .stateIncompatible(let pointers) = effect {
      guard options.discardsState || options.dryRun else { throw incompatible(pointers, entry) }
      erases = true
    } else if options.discardsState, lifecycle.phase == .failed || lifecycle.phase == .stopped || lifecycle.phase == .completed {
      // The same spec again leaves what runs alone; what does not run may need just this.
      erases = true
    }
    if options.dryRun { return .planned(plan(entry, spec, effect, changed: changed, erases: erases, discards: options.discardsState)) }
    let wanted = spec.desired.flatMap(DesiredState.init(rawValue:))
    let events = Self.events(after: effect, wanted, in: lifecycle.phase)
    var preview = lifecycle
    for event in events {
      if case .refused(let why) = preview.handle(event, at: 0).verdict { throw refusal(.conflict, "\(entry.name): \(why)", entry) }
    }
    let now = environment.now()
    var stored = before ?? StoredPipeline(
      name: spec.name, desired: preview.desired, generation: 0, createdAt: now, updatedAt: now, spec: spec.document)
    stored.spec = spec.document
    stored.desired = preview.desired
    // With the spec: a daemon that ends before the next launch must not give the new spec the old state.
    stored.discardsState = stored.discardsState || erases
    if changed { stored.generation &+= 1 }
    if changed || stored.desired != before?.desired { stored.updatedAt = now }
    if stored != before { try save(stored) }
    entry.with { state in
      state.stored = stored
      state.spec = spec
    }
    for event in events { apply(event, to: entry) }
    discardIdleState(of: entry)
    if changed {
      environment.log("info", entry.name, "spec replaced, generation \(stored.generation)")
      note(.spec, entry, "generation \(stored.generation) stored by \(requester.text)")
    }
    if erases { note(.state, entry, "state discarded by \(requester.text)") }
    let word = erases ? "state_discarded" : effect == .none ? "none" : "restart"
    return .replaced(entry.snapshot(environment), changed: changed, effect: word)
  }

  private func plan(
    _ entry: PipelineEntry, _ spec: PipelineSpec, _ effect: SpecEffect, changed: Bool, erases: Bool, discards: Bool
  ) -> SpecPlan {
    var spec = spec
    var changes: [String] = []
    var word = SpecPlan.Effect.none
    switch effect {
    case .none: break
    case .restart(let changed): (changes, word) = (changed, .restart)
    case .stateIncompatible(let changed): (changes, word) = (changed, .stateIncompatible)
    }
    if erases && discards { word = .stateDiscarded }
    if changes.contains("/event/filter"), !erases {
      spec.warnings.append(
        SpecFault(
          pointer: "/event/filter", code: "state_kept", detail: "open windows keep the records that the old filter let through", suggestion: nil))
    }
    if let old = entry.spec, !erases {
      for name in PipelineSpec.newAggregations(from: old, to: spec) {
        let place = spec.compiled.memberNames.firstIndex(of: name) ?? 0
        spec.warnings.append(
          SpecFault(
            pointer: "/aggregations/\(place)", code: "null_in_open_windows",
            detail: "\(name) is null in windows that are open now, since it has not seen all of their records", suggestion: nil))
      }
    }
    return SpecPlan(
      spec: spec, exists: true, changed: changed, effect: word, changes: changes, wouldLose: erases ? entry.with(\.stats) : nil)
  }

  /// A stop that is asked for with the new spec makes a restart needless.
  private static func events(after effect: SpecEffect, _ wanted: DesiredState?, in phase: LifecyclePhase) -> [LifecycleEvent] {
    if wanted == .stopped { return [.stop] }
    let then: [LifecycleEvent] =
      switch wanted {
      case .running: [.start]
      // What does not run has to start first.
      case .paused: phase.hasAttempt || phase == .backoff ? [.pause] : [.start, .pause]
      case .stopped, nil: []
      }
    return (effect == .none ? [] : [.specChanged]) + then
  }

  /// Stores a change of the desired state, then handles the event.
  private func perform(
    _ event: LifecycleEvent, on entry: PipelineEntry, drainsWindows: Bool, _ requester: Requester
  ) throws(Refusal) -> LifecycleOutcome.Verdict {
    try checkIdle(entry)
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
    if preview != lifecycle { note(.request, entry, "\(event.word) asked for by \(requester.text)") }
    // Only now: nothing takes it back, and a stop that was refused must leave nothing behind.
    if drainsWindows { entry.attempt?.drainWindowsAtStop() }
    return apply(event, to: entry).verdict
  }

  func persistDesired(_ desired: DesiredState, of entry: PipelineEntry) -> DiskFault? {
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

  /// The embedded broker's transactions are not real.
  private func checkTransactions(_ spec: PipelineSpec) throws(Refusal) {
    guard spec.compiled.exactlyOnce, spec.compiled.brokers == configuration.embeddedBroker else { return }
    throw Refusal(
      .specInvalid, "exactly_once needs real brokers",
      faults: [
        SpecFault(
          pointer: "/delivery/guarantee", code: "not_supported",
          detail: "the embedded broker has no real transactions, so exactly_once would be an empty promise", suggestion: "at_least_once")
      ])
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

  func refusal(_ code: ProblemCode, _ detail: String, _ entry: PipelineEntry) -> Refusal {
    Refusal(code, detail, allowedActions: entry.with(\.lifecycle.allowedActions))
  }

  static func notFound(_ name: String) -> Refusal {
    Refusal(.pipelineNotFound, "there is no pipeline named \(name.prefix(80))")
  }
}
