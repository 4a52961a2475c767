import KafkaPipeline
import Testing

@testable import ControlPlane

private let retryable = PipelineFailure(code: "kafka.down", fault: .external, retryable: true, message: "m", advice: "a")
private let final = PipelineFailure(code: "kafka.auth", fault: .user, retryable: false, message: "m", advice: "a")

/// A lifecycle in each phase, as it really comes about.
private func lifecycle(_ phase: LifecyclePhase, after: Lifecycle.AfterStop = .rest) -> Lifecycle {
  var it = Lifecycle(desired: .stopped)
  func go(_ event: LifecycleEvent) { _ = it.handle(event, at: 1_000) }
  switch phase {
  case .stopped: break
  case .starting: go(.start)
  case .running: go(.start); go(.attemptRunning)
  case .backoff: go(.start); go(.attemptEnded(retryable))
  case .failed: go(.start); go(.attemptEnded(final))
  case .paused: go(.start); go(.attemptRunning); go(.pause); go(.attemptPaused)
  case .completed: go(.start); go(.attemptRunning); go(.attemptCompleted)
  case .stopping: go(.start); go(after == .start ? .restart : after == .halt ? .shutdown : .stop)
  case .deleting: go(.start); go(.delete)
  }
  precondition(it.phase == phase)
  return it
}

struct LifecycleTests {
  struct Row: Sendable, CustomStringConvertible {
    var from: LifecyclePhase
    var event: LifecycleEvent
    var to: LifecyclePhase
    var verdict: String
    var actions: [LifecycleAction]
    var desired: DesiredState
    var description: String { "\(from) \(event) -> \(to)" }
  }

  private static func row(
    _ from: LifecyclePhase, _ event: LifecycleEvent, _ to: LifecyclePhase, _ verdict: String, _ actions: [LifecycleAction] = [],
    _ desired: DesiredState
  ) -> Row { Row(from: from, event: event, to: to, verdict: verdict, actions: actions, desired: desired) }

  static let table: [Row] = [
    row(.stopped, .start, .starting, "accepted", [.launch], .running),
    row(.starting, .start, .starting, "accepted", [], .running),
    row(.running, .start, .running, "done", [], .running),
    row(.backoff, .start, .starting, "accepted", [.launch], .running),
    row(.failed, .start, .starting, "accepted", [.launch], .running),
    row(.stopping, .start, .stopping, "refused", [], .stopped),
    row(.deleting, .start, .deleting, "refused", [], .stopped),

    row(.stopped, .stop, .stopped, "done", [], .stopped),
    row(.starting, .stop, .stopping, "accepted", [.requestStop(.leaveGroup)], .stopped),
    row(.running, .stop, .stopping, "accepted", [.requestStop(.leaveGroup)], .stopped),
    row(.backoff, .stop, .stopped, "done", [], .stopped),
    row(.failed, .stop, .stopped, "done", [], .stopped),
    row(.stopping, .stop, .stopping, "accepted", [], .stopped),
    row(.deleting, .stop, .deleting, "refused", [], .stopped),

    row(.stopped, .restart, .starting, "accepted", [.launch], .running),
    row(.starting, .restart, .stopping, "accepted", [.requestStop(.leaveGroup)], .running),
    row(.running, .restart, .stopping, "accepted", [.requestStop(.leaveGroup)], .running),
    row(.backoff, .restart, .starting, "accepted", [.launch], .running),
    row(.failed, .restart, .starting, "accepted", [.launch], .running),
    row(.stopping, .restart, .stopping, "refused", [], .stopped),
    row(.deleting, .restart, .deleting, "refused", [], .stopped),

    row(.stopped, .delete, .deleting, "accepted", [.removeFiles], .stopped),
    row(.starting, .delete, .deleting, "accepted", [.requestStop(.leaveGroup)], .stopped),
    row(.running, .delete, .deleting, "accepted", [.requestStop(.leaveGroup)], .stopped),
    row(.backoff, .delete, .deleting, "accepted", [.removeFiles], .stopped),
    row(.failed, .delete, .deleting, "accepted", [.removeFiles], .stopped),
    row(.stopping, .delete, .deleting, "accepted", [], .stopped),
    row(.deleting, .delete, .deleting, "accepted", [], .stopped),

    row(.stopped, .specChanged, .stopped, "done", [], .stopped),
    row(.starting, .specChanged, .stopping, "accepted", [.requestStop(.leaveGroup)], .running),
    row(.running, .specChanged, .stopping, "accepted", [.requestStop(.leaveGroup)], .running),
    row(.backoff, .specChanged, .starting, "accepted", [.launch], .running),
    row(.failed, .specChanged, .starting, "accepted", [.launch], .running),
    row(.stopping, .specChanged, .stopping, "accepted", [], .stopped),
    row(.deleting, .specChanged, .deleting, "refused", [], .stopped),

    row(.stopped, .shutdown, .stopped, "done", [], .stopped),
    row(.starting, .shutdown, .stopping, "accepted", [.requestStop(.keepMembership)], .running),
    row(.running, .shutdown, .stopping, "accepted", [.requestStop(.keepMembership)], .running),
    row(.backoff, .shutdown, .stopped, "done", [], .running),
    row(.failed, .shutdown, .failed, "done", [], .running),
    row(.stopping, .shutdown, .stopping, "accepted", [], .stopped),
    row(.deleting, .shutdown, .deleting, "accepted", [], .stopped),

    row(.stopped, .attemptRunning, .stopped, "done", [], .stopped),
    row(.starting, .attemptRunning, .running, "done", [], .running),
    row(.running, .attemptRunning, .running, "done", [], .running),
    row(.backoff, .attemptRunning, .backoff, "done", [], .running),
    row(.failed, .attemptRunning, .failed, "done", [], .running),
    row(.stopping, .attemptRunning, .stopping, "done", [], .stopped),
    row(.deleting, .attemptRunning, .deleting, "done", [], .stopped),

    row(.stopped, .attemptEnded(nil), .stopped, "done", [], .stopped),
    row(.starting, .attemptEnded(nil), .backoff, "done", [], .running),
    row(.running, .attemptEnded(nil), .backoff, "done", [], .running),
    row(.backoff, .attemptEnded(nil), .backoff, "done", [], .running),
    row(.failed, .attemptEnded(nil), .failed, "done", [], .running),
    row(.stopping, .attemptEnded(nil), .stopped, "done", [], .stopped),
    row(.deleting, .attemptEnded(nil), .deleting, "accepted", [.removeFiles], .stopped),

    row(.stopped, .attemptEnded(retryable), .stopped, "done", [], .stopped),
    row(.starting, .attemptEnded(retryable), .backoff, "done", [], .running),
    row(.running, .attemptEnded(retryable), .backoff, "done", [], .running),
    row(.backoff, .attemptEnded(retryable), .backoff, "done", [], .running),
    row(.failed, .attemptEnded(retryable), .failed, "done", [], .running),
    row(.stopping, .attemptEnded(retryable), .stopped, "done", [], .stopped),
    row(.deleting, .attemptEnded(retryable), .deleting, "accepted", [.removeFiles], .stopped),

    row(.stopped, .attemptEnded(final), .stopped, "done", [], .stopped),
    row(.starting, .attemptEnded(final), .failed, "done", [], .running),
    row(.running, .attemptEnded(final), .failed, "done", [], .running),
    row(.backoff, .attemptEnded(final), .backoff, "done", [], .running),
    row(.failed, .attemptEnded(final), .failed, "done", [], .running),
    row(.stopping, .attemptEnded(final), .stopped, "done", [], .stopped),
    row(.deleting, .attemptEnded(final), .deleting, "accepted", [.removeFiles], .stopped),

    row(.stopped, .removed, .stopped, "done", [], .stopped),
    row(.starting, .removed, .starting, "done", [], .running),
    row(.running, .removed, .running, "done", [], .running),
    row(.backoff, .removed, .backoff, "done", [], .running),
    row(.failed, .removed, .failed, "done", [], .running),
    row(.stopping, .removed, .stopping, "done", [], .stopped),
    row(.deleting, .removed, .deleting, "done", [.forget], .stopped),

    row(.stopped, .removalFailed(retryable), .stopped, "done", [], .stopped),
    row(.starting, .removalFailed(retryable), .starting, "done", [], .running),
    row(.running, .removalFailed(retryable), .running, "done", [], .running),
    row(.backoff, .removalFailed(retryable), .backoff, "done", [], .running),
    row(.failed, .removalFailed(retryable), .failed, "done", [], .running),
    row(.stopping, .removalFailed(retryable), .stopping, "done", [], .stopped),
    row(.deleting, .removalFailed(retryable), .deleting, "done", [], .stopped),

    row(.stopped, .tick, .stopped, "done", [], .stopped),
    row(.starting, .tick, .starting, "done", [], .running),
    row(.running, .tick, .running, "done", [], .running),
    row(.backoff, .tick, .backoff, "done", [], .running),
    row(.failed, .tick, .failed, "done", [], .running),
    row(.stopping, .tick, .stopping, "done", [], .stopped),
    row(.deleting, .tick, .deleting, "done", [], .stopped),

    row(.paused, .start, .paused, "accepted", [.setPaused(false)], .running),
    row(.paused, .stop, .stopping, "accepted", [.requestStop(.leaveGroup)], .stopped),
    row(.paused, .restart, .stopping, "accepted", [.requestStop(.leaveGroup)], .paused),
    row(.paused, .delete, .deleting, "accepted", [.requestStop(.leaveGroup)], .stopped),
    row(.paused, .specChanged, .stopping, "accepted", [.requestStop(.leaveGroup)], .paused),
    row(.paused, .shutdown, .stopping, "accepted", [.requestStop(.keepMembership)], .paused),
    row(.paused, .attemptRunning, .paused, "done", [], .paused),
    row(.paused, .attemptEnded(nil), .backoff, "done", [], .paused),
    row(.paused, .attemptEnded(retryable), .backoff, "done", [], .paused),
    row(.paused, .attemptEnded(final), .failed, "done", [], .paused),
    row(.paused, .removed, .paused, "done", [], .paused),
    row(.paused, .removalFailed(retryable), .paused, "done", [], .paused),
    row(.paused, .tick, .paused, "done", [], .paused),
    row(.completed, .start, .starting, "accepted", [.launch], .running),
    row(.completed, .stop, .stopped, "done", [], .stopped),
    row(.completed, .restart, .starting, "accepted", [.launch], .running),
    row(.completed, .delete, .deleting, "accepted", [.removeFiles], .stopped),
    row(.completed, .specChanged, .completed, "done", [], .stopped),
    row(.completed, .shutdown, .completed, "done", [], .stopped),
    row(.completed, .attemptRunning, .completed, "done", [], .stopped),
    row(.completed, .attemptEnded(nil), .completed, "done", [], .stopped),
    row(.completed, .attemptEnded(retryable), .completed, "done", [], .stopped),
    row(.completed, .attemptEnded(final), .completed, "done", [], .stopped),
    row(.completed, .removed, .completed, "done", [], .stopped),
    row(.completed, .removalFailed(retryable), .completed, "done", [], .stopped),
    row(.completed, .tick, .completed, "done", [], .stopped),

    row(.stopped, .pause, .stopped, "refused", [], .stopped),
    row(.starting, .pause, .starting, "accepted", [.setPaused(true)], .paused),
    row(.running, .pause, .running, "accepted", [.setPaused(true)], .paused),
    row(.paused, .pause, .paused, "done", [], .paused),
    row(.backoff, .pause, .backoff, "accepted", [], .paused),
    row(.failed, .pause, .failed, "refused", [], .running),
    row(.completed, .pause, .completed, "refused", [], .stopped),
    row(.stopping, .pause, .stopping, "refused", [], .stopped),
    row(.deleting, .pause, .deleting, "refused", [], .stopped),

    row(.stopped, .resume, .stopped, "refused", [], .stopped),
    row(.starting, .resume, .starting, "accepted", [], .running),
    row(.running, .resume, .running, "done", [], .running),
    row(.paused, .resume, .paused, "accepted", [.setPaused(false)], .running),
    row(.backoff, .resume, .backoff, "accepted", [], .running),
    row(.failed, .resume, .failed, "refused", [], .running),
    row(.completed, .resume, .completed, "refused", [], .stopped),
    row(.stopping, .resume, .stopping, "refused", [], .stopped),
    row(.deleting, .resume, .deleting, "refused", [], .stopped),

    row(.stopped, .loaded, .stopped, "done", [], .stopped),
    row(.starting, .loaded, .starting, "done", [], .running),
    row(.running, .loaded, .running, "done", [], .running),
    row(.paused, .loaded, .paused, "done", [], .paused),
    row(.backoff, .loaded, .backoff, "done", [], .running),
    row(.failed, .loaded, .failed, "done", [], .running),
    row(.completed, .loaded, .completed, "done", [], .stopped),
    row(.stopping, .loaded, .stopping, "done", [], .stopped),
    row(.deleting, .loaded, .deleting, "done", [], .stopped),

    row(.stopped, .attemptPaused, .stopped, "done", [], .stopped),
    row(.starting, .attemptPaused, .starting, "done", [], .running),
    row(.running, .attemptPaused, .running, "done", [], .running),
    row(.paused, .attemptPaused, .paused, "done", [], .paused),
    row(.backoff, .attemptPaused, .backoff, "done", [], .running),
    row(.failed, .attemptPaused, .failed, "done", [], .running),
    row(.completed, .attemptPaused, .completed, "done", [], .stopped),
    row(.stopping, .attemptPaused, .stopping, "done", [], .stopped),
    row(.deleting, .attemptPaused, .deleting, "done", [], .stopped),

    row(.stopped, .attemptCompleted, .stopped, "done", [], .stopped),
    row(.starting, .attemptCompleted, .completed, "done", [.storeDesired], .stopped),
    row(.running, .attemptCompleted, .completed, "done", [.storeDesired], .stopped),
    row(.paused, .attemptCompleted, .completed, "done", [.storeDesired], .stopped),
    row(.backoff, .attemptCompleted, .backoff, "done", [], .running),
    row(.failed, .attemptCompleted, .failed, "done", [], .running),
    row(.completed, .attemptCompleted, .completed, "done", [], .stopped),
    row(.stopping, .attemptCompleted, .stopped, "done", [], .stopped),
    row(.deleting, .attemptCompleted, .deleting, "accepted", [.removeFiles], .stopped),
  ]

  @Test("Every event in every phase leads where the table says", arguments: table)
  func eachPair(_ row: Row) {
    var it = lifecycle(row.from)
    let before = it
    let outcome = it.handle(row.event, at: 1_100)
    let verdict =
      switch outcome.verdict {
      case .done: "done"
      case .accepted: "accepted"
      case .refused: "refused"
      }
    #expect(it.phase == row.to && verdict == row.verdict && outcome.actions == row.actions && it.desired == row.desired, "\(it) \(outcome)")
    if verdict == "refused" { #expect(it == before, "a refusal changes nothing") }
  }

  @Test("The table has every pair of phase and event")
  func tableIsWhole() {
    #expect(Self.table.count == LifecyclePhase.allCases.count * 18)
    #expect(Set(Self.table.map { "\($0.from) \($0.event)" }).count == Self.table.count)
  }

  @Test("Random events only ever make legal moves, and deleting is never left")
  func randomWalk() {
    var random = SystemRandomNumberGenerator()
    let events: [LifecycleEvent] = [
      .start, .stop, .restart, .specChanged, .tick, .tick, .attemptRunning, .attemptRunning, .attemptEnded(nil),
      .attemptEnded(retryable), .attemptEnded(final), .delete, .removed, .removalFailed(retryable), .shutdown, .pause, .resume, .pause,
      .attemptPaused, .attemptCompleted,
    ]
    for _ in 0..<500 {
      var it = Lifecycle(desired: .stopped)
      var now: Int64 = 0
      for _ in 0..<40 {
        now += Int64.random(in: 0...90_000, using: &random)
        let before = it.phase
        let event = events.randomElement(using: &random) ?? .tick
        _ = it.handle(event, at: now, jitter: 0.5)
        // Two moves may follow each other at once: backoff or stopping through stopped into starting.
        let direct = before == it.phase || before.canMove(to: it.phase)
        let through = LifecyclePhase.allCases.contains { before.canMove(to: $0) && $0.canMove(to: it.phase) }
        #expect(direct || through, "\(before) -> \(it.phase) by \(event)")
        #expect(before != .deleting || it.phase == .deleting)
        #expect((it.phase == .backoff) == (it.nextRetryAt != nil) || it.phase == .deleting)
        #expect((it.phase == .running || it.phase == .paused) == (it.runningSince != nil))
      }
    }
  }

  @Test("A restart stops, then starts with a first attempt")
  func restart() {
    var it = lifecycle(.stopping, after: .start)
    #expect(it.handle(.restart, at: 1).verdict == .accepted && it.handle(.start, at: 1).verdict == .accepted, "the same again joins it")
    let outcome = it.handle(.attemptEnded(nil), at: 2)
    #expect(it.phase == .starting && it.attempt == 1 && outcome.actions == [.launch] && it.desired == .running)
  }

  @Test("A stop overtakes a restart that still drains")
  func stopDuringRestart() {
    var it = lifecycle(.stopping, after: .start)
    #expect(it.handle(.stop, at: 1).verdict == .accepted)
    #expect(it.handle(.attemptEnded(nil), at: 2).actions.isEmpty)
    #expect(it.phase == .stopped && it.desired == .stopped)
  }

  @Test("The end of the daemon overtakes a restart, and what ran is wanted again at the next start")
  func shutdownDuringRestart() {
    var it = lifecycle(.stopping, after: .start)
    _ = it.handle(.shutdown, at: 1)
    #expect(it.handle(.attemptEnded(nil), at: 2).actions.isEmpty)
    #expect(it.phase == .stopped && it.desired == .running)
  }

  @Test("Attempts come after 1 s, 2 s, 4 s up to 60 s, and after two good minutes after 1 s again")
  func backoff() {
    var it = lifecycle(.starting)
    var now: Int64 = 0
    var waits: [Int64] = []
    for _ in 0..<8 {
      _ = it.handle(.attemptEnded(retryable), at: now)
      let due = it.nextRetryAt ?? -1
      waits.append(due - now)
      #expect(it.handle(.tick, at: due - 1).actions.isEmpty && it.phase == .backoff, "not a moment earlier")
      #expect(it.handle(.tick, at: due).actions == [.launch] && it.phase == .starting)
      now = due
    }
    #expect(waits == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    #expect(it.attempt == 9)
    _ = it.handle(.attemptRunning, at: now)
    _ = it.handle(.tick, at: now + Backoff.resetAfterMs - 1)
    #expect(it.attempt == 9)
    _ = it.handle(.tick, at: now + Backoff.resetAfterMs)
    _ = it.handle(.attemptEnded(retryable), at: now + Backoff.resetAfterMs)
    #expect(it.nextRetryAt == now + Backoff.resetAfterMs + 1_000)
  }

  @Test("Jitter takes off at most a fifth of the delay", arguments: [0.0, 0.5, 1.0, -3, 7])
  func jitter(_ fraction: Double) {
    for failures in [-1, 0, 1, 5, 1_000_000] {
      let whole = Backoff.delayMs(failures: failures, jitter: 0)
      let delay = Backoff.delayMs(failures: failures, jitter: fraction)
      #expect(delay <= whole && delay >= whole * 4 / 5 && whole <= 60_000 && whole >= 1_000)
    }
  }

  @Test("A wall clock that is set back does not put a retry off")
  func clockSetBack() {
    var it = lifecycle(.backoff)
    #expect(it.handle(.tick, at: -86_400_000).actions == [.launch])
  }

  @Test("A pause outlives a failure, a restart and the daemon")
  func pauseIsKept() {
    var it = lifecycle(.paused)
    _ = it.handle(.attemptEnded(retryable), at: 2_000)
    #expect(it.phase == .backoff && it.desired == .paused)
    #expect(it.handle(.tick, at: 9_000).actions == [.launch] && it.desired == .paused)
    _ = it.handle(.attemptRunning, at: 9_100)
    _ = it.handle(.attemptPaused, at: 9_100)
    #expect(it.phase == .paused && it.runningSince == 9_100)
    var next = Lifecycle(desired: .paused)
    #expect(next.handle(.loaded, at: 0).actions == [.launch] && next.desired == .paused)
  }

  @Test("A start while a paused one restarts makes it run")
  func startDuringRestartOfPaused() {
    var it = lifecycle(.paused)
    _ = it.handle(.restart, at: 1)
    #expect(it.desired == .paused && it.handle(.start, at: 2).verdict == .accepted && it.desired == .running)
    #expect(it.handle(.attemptEnded(nil), at: 3).actions == [.launch] && it.desired == .running)
  }

  @Test("A pause that is taken back before it came about leaves it running")
  func pauseTakenBack() {
    var it = lifecycle(.running)
    _ = it.handle(.pause, at: 1)
    #expect(it.handle(.resume, at: 2).actions == [.setPaused(false)])
    _ = it.handle(.attemptPaused, at: 3)
    #expect(it.phase == .running && it.desired == .running)
  }

  @Test("A removal that fails is tried again")
  func removalFails() {
    var it = lifecycle(.deleting)
    _ = it.handle(.attemptEnded(nil), at: 0)
    _ = it.handle(.removalFailed(retryable), at: 0)
    #expect(it.handle(.tick, at: 60_000).actions == [.removeFiles])
    #expect(it.lastFailure == retryable)
    #expect(it.handle(.removed, at: 60_001).actions == [.forget])
  }

  @Test("Allowed actions are those that would change something")
  func allowedActions() {
    let expected: [LifecyclePhase: [String]] = [
      .stopped: ["start", "restart", "delete"], .starting: ["stop", "pause", "restart", "delete"],
      .running: ["stop", "pause", "restart", "delete"], .paused: ["start", "stop", "resume", "restart", "delete"],
      .backoff: ["start", "stop", "pause", "restart", "delete"], .completed: ["start", "stop", "restart", "delete"], .failed: ["start", "stop", "restart", "delete"], .stopping: ["delete"],
      .deleting: [],
    ]
    for (phase, actions) in expected { #expect(lifecycle(phase).allowedActions == actions, "\(phase)") }
    #expect(lifecycle(.stopping, after: .start).allowedActions == ["stop", "pause", "delete"])
  }
}
