import KafkaClient
import Synchronization

/// One attempt to run a pipeline: its lanes from start to end. A restart makes a new one.
///
/// No method here waits for Kafka, the disk or a lane.
package final class PipelineAttempt: Sendable {
  package enum StopMode: Sendable {
    /// Deliver, checkpoint, leave the group, so that a successor need not wait.
    case leaveGroup
    /// Deliver, checkpoint, close, keeping the static membership for the next start of this daemon.
    case keepMembership
  }

  private enum Slot {
    case waiting(ticket: Int)
    case granted
    case ended
    case abandoned
  }

  private struct State {
    var started = false
    var stopping = false
    var slots: [Slot] = []
    /// The failure that ended the attempt: the first one.
    var failure: PipelineFailure?
    var storeClosed = false
    var leaked = 0
    /// A call of a lane that has ended has not returned.
    var leftBehind = false
    var forced = false
    /// A bounded run has come to its end: the stop is its own.
    var completing = false
    /// Monotonic ms since when every lane is at the end of the run; nil: not all are.
    var atEndSince: Int64?
    /// Who waits for the end.
    var waiters: [CheckedContinuation<Void, Never>] = []

    /// No lane runs any more or will.
    var isOver: Bool {
      slots.allSatisfy { slot in
        switch slot {
        case .ended, .abandoned: true
        case .waiting, .granted: false
        }
      }
    }

    /// An abandoned lane may hold the store for ever; the next attempt says so then.
    var hasEnded: Bool { !slots.isEmpty && isOver && (storeClosed || leaked > 0 || leftBehind) }
  }

  package let plan: PipelinePlan
  private let environment: PipelineEnvironment
  private let lanes: [Lane]
  private let store: SharedStore
  private let state = Mutex(State())
  /// A running lane that gives no sign of life for so long hangs in a call.
  private static let silenceLimitMs: Int64 = 60_000

  package init(plan: PipelinePlan, environment: PipelineEnvironment) {
    self.plan = plan
    self.environment = environment
    lanes = (0..<max(1, plan.parallelism)).map { Lane(index: $0) }
    store = SharedStore(
      directory: environment.stateDirectory, dropsOldState: environment.dropsOldState, log: environment.log)
  }

  /// Asks the pool for the lanes.
  package func start() {
    let fresh = state.withLock { state in
      defer { state.started = true }
      if state.started { return false }
      state.slots = lanes.map { _ in .waiting(ticket: 0) }
      return true
    }
    guard fresh else { return }
    for lane in lanes {
      let ticket = environment.workers.request { [self] in launch(lane) }
      let overtaken = state.withLock { state in
        guard case .waiting = state.slots[lane.index] else { return false }
        state.slots[lane.index] = .waiting(ticket: ticket)
        return state.stopping
      }
      // A stop that came before the ticket was known could not cancel it.
      if overtaken && environment.workers.cancel(ticket) { finish(lane, granted: false) }
    }
  }

  private func launch(_ lane: Lane) {
    // First: a lane that waited long for its slot must not look silent.
    lane.beat()
    let wanted = state.withLock { state in
      if state.stopping {
        state.slots[lane.index] = .ended
        return false
      }
      state.slots[lane.index] = .granted
      return true
    }
    guard wanted else { return finish(lane, granted: true) }
    let started = startThread { [self] in
      LaneLoop(lane: lane, plan: plan, environment: environment, sharedStore: store).run()
      finish(lane, granted: true)
    }
    if !started {
      lane.publish {
        $0.failure = PipelineFailure(
          code: "lane.no_thread", fault: .external, retryable: true, message: "the system gives no more threads",
          advice: "Raise the limit on threads, or run fewer pipelines.")
      }
      finish(lane, granted: true)
    }
  }

  /// A lane is over: free its slot, and end the others if it failed.
  private func finish(_ lane: Lane, granted: Bool) {
    let latest = lane.latest
    let (release, closing, failed) = state.withLock { state -> (Bool, Bool, Bool) in
      var release = granted
      if case .abandoned = state.slots[lane.index] {
        release = false  // given back when it was abandoned
      } else {
        state.slots[lane.index] = .ended
      }
      state.forced = state.forced || latest.forced
      let failed = latest.failure != nil && !state.stopping && state.failure == nil
      if failed { state.failure = latest.failure }
      return (release, state.isOver, failed)
    }
    lane.publish { $0.status.stage = .ended }
    // Somebody who was left behind may hold the store for ever: closing it waits for him.
    let isHeld = latest.status.leakedClients > 0
    if closing && !isHeld {
      store.close()
      // What was left to the last checkpoint is run to the same ends again.
      if state.withLock({ $0.completing && !$0.forced && $0.failure == nil }) { store.runEnds.clear() }
    }
    if closing && isHeld { closeStoreLater() }
    if release { environment.workers.release() }
    // Only now is it over: the next attempt finds the store and the slot free.
    state.withLock { state in
      state.storeClosed = state.storeClosed || (closing && !isHeld)
      if isHeld { state.leftBehind = true }
    }
    if failed { stop(latest.failure?.retryable == false ? .leaveGroup : .keepMembership) }
    wakeWaiters()
  }

  /// Returns once `status.stage` is `ended`. Somebody must call `tick` meanwhile.
  func end() async {
    await withCheckedContinuation { continuation in
      state.withLock { $0.waiters.append(continuation) }
      wakeWaiters()
    }
  }

  private func wakeWaiters() {
    let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      guard state.hasEnded else { return [] }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Of pipelines whose watermarks are manual: event time has come so far, in ms.
  func setWatermark(_ time: Int64) {
    for lane in lanes { lane.setWatermark(time) }
  }

  /// Asks the lanes to drain and end; past the deadline they are abandoned. Once `status.stage` is `ended`, it is over.
  package func stop(_ mode: StopMode, deadlineMs: Int64 = 30_000) {
    let deadline = Clock.monotonicMs() + deadlineMs
    let waiting = state.withLock { state -> [(Lane, Int)] in
      state.stopping = true
      if !state.started {
        state.started = true
        state.slots = lanes.map { _ in .ended }
        state.storeClosed = true
      }
      return lanes.compactMap { lane in
        if case .waiting(let ticket) = state.slots[lane.index] { (lane, ticket) } else { nil }
      }
    }
    for lane in lanes { lane.requestStop(mode, deadline: deadline) }
    for (lane, ticket) in waiting where environment.workers.cancel(ticket) { finish(lane, granted: false) }
    wakeWaiters()
  }

  /// Stops reading, or goes on with it; everything else goes on. `status.stage` tells when it is so.
  package func setPaused(_ paused: Bool) {
    for lane in lanes { lane.requestPause(paused) }
  }

  /// Asks every lane for its windows. Returns how many lanes were asked, each of which answers when it comes to it; nil: some lane has no
  /// windows to show, since it does not run (yet).
  package func ask(_ question: WindowQuestion) -> Int? {
    guard lanes.allSatisfy({ [.running, .paused].contains($0.latest.status.stage) }) else { return nil }
    for lane in lanes { lane.ask(question) }
    return lanes.count
  }

  /// Before `stop`: results of open windows come out too, marked as not final; the windows are kept.
  package func drainWindowsAtStop() {
    for lane in lanes { lane.requestWindowDrain() }
  }

  /// The supervisor's tick, at least once a second: abandons lanes that hang in a call past its deadline. Cheap.
  package func tick() {
    let now = Clock.monotonicMs()
    endBoundedRun(now)
    for lane in lanes {
      let stopping = lane.stopRequested != nil
      let abandoned = state.withLock { state in
        guard lane.index < state.slots.count, case .granted = state.slots[lane.index],
          stopping ? now > lane.deadline : lane.silentMs > Self.silenceLimitMs
        else { return false }
        state.slots[lane.index] = .abandoned
        state.forced = state.forced || stopping
        state.leaked += 1
        if !stopping && state.failure == nil {
          state.failure = PipelineFailure(
            code: "lane.hung", fault: .internal, retryable: true,
            message: "lane \(lane.index) gave no sign of life for \(Self.silenceLimitMs / 1000) s and was abandoned",
            advice: "The pipeline starts anew by itself; the abandoned client stays in memory until the daemon ends.")
        }
        return true
      }
      guard abandoned else { continue }
      lane.abandon()
      environment.log("error", "lane \(lane.index) hangs in a call and was abandoned with its client")
      environment.workers.release()
      if !stopping { stop(.keepMembership) }
      wakeWaiters()
      if state.withLock({ $0.isOver }) { closeStoreLater() }
    }
  }

  /// While partitions move nobody holds them, so all have to be there, unless others in the group have had them for a while.
  private static let othersHoldMs: Int64 = 10_000

  /// The lanes of a bounded run end together: one that left earlier would have its partitions read to the end by another again.
  private func endBoundedRun(_ now: Int64) {
    guard plan.stopAt != nil else { return }
    let copies = lanes.map(\.latest.status)
    let allThere = copies.allSatisfy { $0.isAtEnd && $0.stage == .running }
    let isWhole = copies.reduce(0) { $0 + $1.partitions.count } == copies.compactMap(\.inputPartitionCount).max()
    let isOver = state.withLock { state in
      guard allThere, !state.stopping else {
        state.atEndSince = nil
        return false
      }
      let since = state.atEndSince ?? now
      state.atEndSince = since
      guard isWhole || now - since >= Self.othersHoldMs else { return false }
      state.completing = true
      return true
    }
    guard isOver else { return }
    environment.log("info", "every partition is read to the end of the run")
    drainWindowsAtStop()
    stop(.leaveGroup)
  }

  /// Closing waits for a commit that may hang in the disk: on a thread of its own.
  private func closeStoreLater() {
    _ = startThread { [self] in
      store.close()
      state.withLock { $0.storeClosed = true }
    }
  }

  /// The lanes' latest words.
  package var status: PipelineStatus {
    let copies = lanes.map(\.latest)
    let now = state.withLock { $0 }
    let isWaiting = now.slots.contains { if case .waiting = $0 { true } else { false } }
    let over = now.hasEnded
    let stage: PipelineStatus.Stage =
      if over { .ended } else if now.stopping { .stopping } else if isWaiting || now.slots.isEmpty { .waitingForWorker } else if
        copies.allSatisfy({ $0.status.stage == .paused }) { .paused } else if
        copies.allSatisfy({ $0.status.stage == .running || $0.status.stage == .paused }) { .running } else { .starting }
    var status = PipelineStatus(stage: stage)
    status.lanes = copies.map(\.status)
    status.waitingFor = copies.lazy.compactMap(\.waitingFor).first
    status.failure = now.failure ?? (over || now.stopping ? nil : copies.lazy.compactMap(\.failure).first)
    status.forced = now.forced
    status.completed = over && now.completing && !now.forced && status.failure == nil
    status.leakedClients = now.leaked + copies.reduce(0) { $0 + $1.status.leakedClients }
    status.stats = copies.dropFirst().reduce(copies[0].stats) { $0.merging($1.stats) }
    if status.lanes.allSatisfy(\.partitions.isEmpty) { status.stats.consumerLag = nil }
    return status
  }
}
