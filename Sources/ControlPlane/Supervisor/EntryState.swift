import KafkaPipeline
import PipelineSpec

/// All that the supervisor knows of one pipeline. A value: its owner locks it for moments only and does all I/O outside.
struct EntryState: Sendable {
  let name: String
  var stored: StoredPipeline?
  var spec: PipelineSpec?
  var lifecycle: Lifecycle
  /// Unix ms.
  var phaseSince: Int64
  var attempt: (any PipelineRunning)?
  /// The last word of the current attempt, or of the one before.
  var status: PipelineStatus?
  /// Of the attempts that have ended.
  var earlier = KafkaStreamStats()
  var earlierLeaks = 0
  var health = Health.unknown
  /// What the current attempt says stands in its way, and since when (Unix ms).
  var obstacle: PipelineFailure?
  var obstacleAt: Int64 = 0
  /// Steady ms: an attempt that has not ended by then is given up.
  var giveUpAt: Int64?
  /// Found on disk, and not seen to run since: its state is older than this process, and so than an embedded broker.
  var isFromEarlierRun = false
  var forced = false
  /// Something that must be alone with the stopped pipeline; nil: nothing.
  var busyWith: String?
  /// The consumer group goes with the files.
  var deletesGroup = false
  let history: PipelineHistory
  let tap = ResultTap()
  var ring = StatsRing()
  /// What daemons before this one counted.
  var earlierTotals = StatsTotals()
  var savedTotals = StatsTotals()
  /// Steady ms.
  var totalsSavedAt: Int64 = 0
  /// How the latest attempt's clients connect, with its secrets; nil before the first one.
  var connection: [String: String]?
  var probeWish: ProbePool.Wish?
  var probe: (any ClusterProbing)?

  init(name: String, stored: StoredPipeline?, spec: PipelineSpec?, lifecycle: Lifecycle, history: PipelineHistory, now: Int64) {
    self.name = name
    self.history = history
    self.stored = stored
    self.spec = spec
    self.lifecycle = lifecycle
    self.phaseSince = now
    refreshHealth(now)
  }

  /// The state folder goes before the next launch.
  var discardsState: Bool { stored?.discardsState ?? false }

  /// It can go now: nothing uses it, and nothing is about to.
  var canDiscardState: Bool {
    discardsState && attempt == nil && busyWith == nil && [.stopped, .failed, .completed].contains(lifecycle.phase)
  }

  /// Counters of all attempts, gauges of the latest.
  var stats: KafkaStreamStats {
    guard attempt != nil, let status else { return earlier }
    return status.stats.adding(countersOf: earlier)
  }

  mutating func handle(
    _ event: LifecycleEvent, _ environment: SupervisorEnvironment, _ limits: SupervisorConfiguration
  ) -> LifecycleOutcome {
    let before = lifecycle.phase
    let now = environment.now()
    let outcome = lifecycle.handle(event, at: now, jitter: environment.jitter())
    if outcome.actions.contains(.launch) {
      obstacle = nil
      forced = false
    }
    // What is told of a drain of the daemon is about that drain.
    if event == .shutdown { forced = false }
    for case .requestStop in outcome.actions {
      giveUpAt = environment.steadyNow() + limits.stopDeadlineMs + limits.stopGraceMs
    }
    if lifecycle.phase != before {
      phaseSince = now
      logMove(from: before, now, environment)
      refreshHealth(now)
    }
    return outcome
  }

  /// Takes in what the attempt says. `ended` is an attempt that is over; it must be let go outside the lock.
  mutating func observe(
    _ seen: PipelineStatus?, _ environment: SupervisorEnvironment, _ limits: SupervisorConfiguration
  ) -> (actions: [LifecycleAction], ended: (any PipelineRunning)?) {
    var actions: [LifecycleAction] = []
    var ended: (any PipelineRunning)?
    let now = environment.now()
    if let seen, let current = attempt {
      status = seen
      forced = forced || seen.forced
      if seen.stage == .running || seen.stage == .paused || seen.stats.checkpoints > 0 { isFromEarlierRun = false }
      if obstacle?.code != seen.failure?.code || obstacle == nil { obstacleAt = now }
      obstacle = seen.failure
      if seen.stage == .running {
        actions += handle(.attemptRunning, environment, limits).actions
      } else if seen.stage == .paused {
        if lifecycle.phase == .starting { actions += handle(.attemptRunning, environment, limits).actions }
        actions += handle(.attemptPaused, environment, limits).actions
      } else if seen.stage == .ended {
        ended = current
        endAttempt()
        actions += handle(seen.completed ? .attemptCompleted : .attemptEnded(seen.failure), environment, limits).actions
      } else if let giveUpAt, environment.steadyNow() >= giveUpAt {
        ended = current
        forced = true
        endAttempt()
        environment.log("error", name, "did not stop in time and was given up; it goes on from its last checkpoint")
        actions += handle(.attemptEnded(nil), environment, limits).actions
      }
    } else if lifecycle.phase == .stopping || (lifecycle.phase == .deleting && !lifecycle.removing) {
      // Asked to stop before there was anything to stop.
      actions += handle(.attemptEnded(nil), environment, limits).actions
    }
    actions += handle(.tick, environment, limits).actions
    let sums = stats
    // What does not run has nothing new to say: its figures need no room.
    if attempt != nil {
      let steadyNow = environment.steadyNow()
      ring.add(StatsSample(sums, at: now, steadyAt: steadyNow))
      ring.note(sums.sinceFired, sums.sinceEvent, at: steadyNow)
    }
    refreshHealth(now)
    return (actions, ended)
  }

  /// Totals that are worth storing now; nil if they are stored, or were a short while ago.
  mutating func dueTotals(_ steadyNow: Int64, atOnce: Bool) -> StatsTotals? {
    guard atOnce || steadyNow - totalsSavedAt >= StatsTotals.saveEveryMs else { return nil }
    let totals = earlierTotals.adding(stats)
    guard totals != savedTotals else { return nil }
    (savedTotals, totalsSavedAt) = (totals, steadyNow)
    return totals
  }

  mutating func refreshHealth(_ now: Int64) {
    let compiled = spec?.compiled
    let input = HealthInput(
      lifecycle: lifecycle, phaseSince: phaseSince, status: attempt == nil ? nil : status, probe: probe?.answer ?? .unknown,
      topics: probe?.topics ?? [:], brokers: compiled?.brokers ?? "", groupID: compiled?.groupID ?? "",
      inputTopics: compiled?.inputTopics ?? [],
      outputTopics: [compiled?.outputTopic, compiled?.errors.deadLetterTopic].compactMap { $0 }, autoCommitIntervalMs: compiled?.autoCommitIntervalMs ?? 0,
      deliveryTimeoutMs: compiled?.deliveryTimeoutMs ?? 0, now: now)
    health = Health(input).continuing(health, at: now)
  }

  func snapshot(_ environment: SupervisorEnvironment) -> PipelineSnapshot {
    let sums = stats
    let sample = StatsSample(sums, at: environment.now(), steadyAt: environment.steadyNow())
    let recent = ring.recent(sums.sinceFired, sums.sinceEvent)
    let failure = obstacle ?? lifecycle.lastFailure
    return PipelineSnapshot(
      name: name, stored: stored, spec: spec, lifecycle: lifecycle, phaseSince: phaseSince, health: health, status: status,
      hasAttempt: attempt != nil, stats: sums, rates10s: ring.rate(overMs: 10_000, to: sample),
      rates1m: ring.rate(overMs: 60_000, to: sample), sinceCreated: earlierTotals.adding(sums), recentSinceFired: recent.sinceFired, recentSinceEvent: recent.sinceEvent, lastError: failure,
      lastErrorAt: failure == nil ? nil : obstacle == nil ? lifecycle.lastFailureAt : obstacleAt, forced: forced,
      leakedClients: earlierLeaks + (attempt == nil ? 0 : status?.leakedClients ?? 0), now: environment.now())
  }

  /// They were moved behind the back of the lanes that told them.
  mutating func forgetOffsets() {
    earlier.committedOffsets = [:]
    earlier.consumerLag = nil
  }

  private mutating func endAttempt() {
    earlier = stats
    // Lag and open windows are of lanes that run; offsets, watermark and checkpoint stay true.
    earlier.consumerLag = nil
    earlierLeaks += status?.leakedClients ?? 0
    attempt = nil
    giveUpAt = nil
    obstacle = nil
  }

  private func logMove(from before: LifecyclePhase, _ now: Int64, _ environment: SupervisorEnvironment) {
    let failure = lifecycle.lastFailure
    var (level, text, code) = ("info", lifecycle.phase.rawValue, String?.none)
    switch lifecycle.phase {
    case .starting: if lifecycle.attempt > 1 { text = "starting, attempt \(lifecycle.attempt)" }
    case .backoff:
      let wait = max(0, (lifecycle.nextRetryAt ?? now) - now)
      level = "warning"
      text = "left \(before.rawValue), next attempt in \(wait) ms: \(failure.map { "\($0.code): \($0.message)" } ?? "")"
      code = failure?.code
    case .failed:
      level = "error"
      text = "failed: \(failure.map { "\($0.code): \($0.message). \($0.advice)" } ?? "")"
      code = failure?.code
    case .stopped, .running, .paused, .completed, .stopping, .deleting: break
    }
    environment.log(level, name, text)
    history.note(.phase, lifecycle.phase, from: before, at: now, text, code: code)
  }
}
