import KafkaClient
import RecordCodec
import StateStore
public import StreamEngine
import Synchronization

/// Runs a pipeline over events of a program's own type from Kafka to Kafka, in this process, with checkpoints on the local disk.
///
/// Delivery is at least once: after a crash results since the last checkpoint may come again, with the same key and window. Readers
/// keep the last record in the log per key and window. A pipeline runs once; to run it again, make a new one.
public final class KafkaStreamPipeline: Sendable {
  private enum Phase {
    case new
    case running(PipelineAttempt?)
    /// nil: ended by wish.
    case ended(PipelineFailure?)
  }

  private struct State {
    var phase = Phase.new
    /// Monotonic ms of the stop's deadline.
    var stop: (mode: PipelineAttempt.StopMode, deadline: Int64)?
    /// Counters of attempts that ended.
    var earlier = KafkaStreamStats()
    /// The pause before the next attempt.
    var pause: Task<Void, Never>?
    /// Unix ms at which the present attempt began.
    var attemptSince: Int64 = 0
    /// Why the attempt before ended.
    var lastFailure: PipelineFailure?
    /// Event time (ms) that the program set by hand.
    var manualWatermark: Int64?
    /// Asks the brokers while it runs.
    var probe: ClusterProbe?
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let plan: PipelinePlan
  private let environment: PipelineEnvironment
  private let state = Mutex(State())

  /// - Parameters:
  ///   - executor: the pipeline to run; events that it holds already stay in it.
  ///   - decode: makes an event of a record's value, on the thread of a lane. What it throws makes the record a skipped one.
  /// - Throws: `InvalidPipeline` with everything that is wrong, or a `PipelineFailure` if the state directory cannot be used.
  public init<Event: StreamEvent>(
    config: KafkaStreamConfig, executor: StreamExecutor<Event>, options: KafkaStreamOptions = KafkaStreamOptions(),
    decode: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Event
  ) throws {
    plan = try PipelinePlan(executor.pipeline, config, options, decode)
    let directory = options.stateDirectory + "/" + plan.name
    let storeID: String
    do throws(StateStoreError) { storeID = try StoreIdentity.readOrMake(directory: directory) } catch { throw PipelineFailure(error) }
    environment = PipelineEnvironment(
      storeID: storeID, stateDirectory: directory, workers: WorkerPool(slots: plan.parallelism), embeddedBroker: false, log: options.log)
  }

  /// Runs until `shutdown`, the cancellation of the task, or a failure that waiting does not cure. What may pass (brokers that are
  /// gone, a topic that is not there yet) is waited for and tried again.
  ///
  /// Returns once everything is delivered, checkpointed and closed.
  /// - Throws: `PipelineFailure`: why it cannot go on.
  public func run() async throws {
    let begun = state.withLock { state in
      guard case .new = state.phase else { return false }
      state.phase = .running(nil)
      state.probe = ClusterProbe(
        brokers: plan.kafka.brokers, properties: ClientProperties.connection(plan.kafka.consumerProperties))
      return true
    }
    // A second run, or one after shutdown: there is nothing to do.
    guard begun else { return await waitForEnd() }
    let failure = await withTaskCancellationHandler {
      await runAttempts()
    } onCancel: {
      requestStop(.keepMembership, deadlineMs: Self.deadlineMs)
    }
    let waiters = state.withLock { state in
      state.phase = .ended(failure)
      state.probe?.stop()
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
    if let failure { throw failure }
  }

  /// Delivers and checkpoints what was read, closes the clients and lets `run` return; returns when that is done. Past the deadline
  /// it goes on by force: the next start begins at the last checkpoint.
  ///
  /// - Parameter leavingGroup: true hands the partitions to other members at once; false keeps them for the next start of this
  ///   program for as long as the group's session timeout.
  public func shutdown(leavingGroup: Bool = false, deadlineMilliseconds: Int64 = 30_000) async {
    requestStop(leavingGroup ? .leaveGroup : .keepMembership, deadlineMs: deadlineMilliseconds)
    await waitForEnd()
  }

  /// How it is right now. Waits for nothing.
  public func healthCheck() -> KafkaStreamHealth {
    let now = state.withLock { $0 }
    switch now.phase {
    case .new: return KafkaStreamHealth(.unknown, "it was not started: call run()")
    case .ended(let failure?): return KafkaStreamHealth(.failing, failure.message)
    case .ended(nil): return KafkaStreamHealth(.ok, "it was shut down")
    case .running(let attempt?):
      let health = KafkaStreamHealth(
        attempt.status, now.probe?.answer ?? .unknown, kafka: plan.kafka, since: now.attemptSince, now: Clock.wallMs())
      // A later attempt is no good news before it runs.
      if health.level == .unknown, let failure = now.lastFailure { return KafkaStreamHealth(.failing, failure.message) }
      return health
    case .running(nil):
      return now.lastFailure.map { KafkaStreamHealth(.failing, $0.message) } ?? KafkaStreamHealth(.unknown, "it is starting")
    }
  }

  /// Counters since this object was made, and gauges as of now. Waits for nothing.
  public var stats: KafkaStreamStats {
    state.withLock { state in
      guard case .running(let attempt?) = state.phase else { return state.earlier }
      return attempt.status.stats.adding(countersOf: state.earlier)
    }
  }

  /// Of pipelines whose watermarks are `manual`: event time has come so far in every partition. Never back.
  public func setWatermark(_ time: EventTime) {
    state.withLock { state in
      state.manualWatermark = max(time.milliseconds, state.manualWatermark ?? .min)
      if case .running(let attempt?) = state.phase { attempt.setWatermark(time.milliseconds) }
    }
  }
}

// MARK: Attempts

extension KafkaStreamPipeline {
  private static let deadlineMs: Int64 = 30_000
  private static let tickMs: Int64 = 1_000

  /// nil: ended by wish.
  private func runAttempts() async -> PipelineFailure? {
    var failures = 0
    while let attempt = nextAttempt() {
      let begun = Clock.monotonicMs()
      let failure = await run(attempt)
      guard let failure else { return nil }
      guard failure.retryable else { return failure }
      failures = Clock.monotonicMs() - begun > RetryPause.resetAfterMs ? 1 : failures + 1
      let pause = RetryPause.ms(afterFailures: failures)
      environment.log("warning", "\(plan.name): \(failure.message); it starts again in \(pause) ms")
      await sleep(pause)
    }
    return nil
  }

  /// nil: a stop was asked for.
  private func nextAttempt() -> PipelineAttempt? {
    state.withLock { state in
      guard state.stop == nil else { return nil }
      let attempt = PipelineAttempt(plan: plan, environment: environment)
      if let time = state.manualWatermark { attempt.setWatermark(time) }
      state.phase = .running(attempt)
      state.attemptSince = Clock.wallMs()
      return attempt
    }
  }

  /// From start to end; why it ended, nil if it was by wish.
  private func run(_ attempt: PipelineAttempt) async -> PipelineFailure? {
    attempt.start()
    // A stop may have come between the two.
    if let stop = state.withLock({ $0.stop }) { attempt.stop(stop.mode, deadlineMs: stop.deadline - Clock.monotonicMs()) }
    // Not a child of this task: it must go on when that is cancelled.
    let ticking = Task.detached {
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(Self.tickMs))
        attempt.tick()
      }
    }
    await attempt.end()
    ticking.cancel()
    let status = attempt.status
    if status.forced { environment.log("warning", "\(plan.name): the stop passed its deadline; the next start goes on from the last checkpoint") }
    return state.withLock { state in
      var last = status.stats.adding(countersOf: state.earlier)
      last.consumerLag = nil
      state.earlier = last
      state.phase = .running(nil)
      if state.stop == nil { state.lastFailure = status.failure ?? Self.endedByItself }
      return state.stop == nil ? state.lastFailure : nil
    }
  }

  private static let endedByItself = PipelineFailure(
    code: "pipeline.ended", fault: .internal, retryable: true, message: "the lanes ended without a reason", advice: "Look at the log.")

  /// Ends early when a stop is asked for.
  private func sleep(_ ms: Int64) async {
    let pause = state.withLock { state -> Task<Void, Never>? in
      guard state.stop == nil else { return nil }
      let pause = Task.detached { _ = try? await Task.sleep(for: .milliseconds(ms)) }
      state.pause = pause
      return pause
    }
    await pause?.value
  }

  private func requestStop(_ mode: PipelineAttempt.StopMode, deadlineMs: Int64) {
    let attempt = state.withLock { state -> PipelineAttempt? in
      state.stop = (mode, Clock.monotonicMs() + deadlineMs)
      state.pause?.cancel()
      switch state.phase {
      case .new: state.phase = .ended(nil)
      case .ended: break
      case .running(let attempt): return attempt
      }
      return nil
    }
    attempt?.stop(mode, deadlineMs: deadlineMs)
  }

  private func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if case .ended = state.phase { return true }
        state.waiters.append(continuation)
        return false
      }
      if isOver { continuation.resume() }
    }
  }
}
