import KafkaClient
import StateStore
import Synchronization

/// The second thread of a lane: whatever blocks on the disk or on a coordinator while the loop goes on.
///
/// It shares the lane's consumer and producer; the loop destroys those only after `end` said that this thread is over.
final class CommitThread: Sendable {
  enum Job: Sendable {
    /// Without making it the valid one.
    case store([ShardCheckpoint], owner: Int64)
    /// The stored copies with these numbers become the valid ones.
    case promote([Int32: Int64], owner: Int64)
    case commitOffsets([PartitionOffset], timeoutMs: Int32)
    case sendOffsets([PartitionOffset], GroupMetadata)
    case commitTransaction
    case abortTransaction
    /// Log ends, open transactions included. `ticket` comes back with the answer.
    case askEnds([TopicPartition], ticket: Int)
  }

  enum Outcome: Sendable {
    case stored(bytes: Int, ms: Int64)
    /// Of `store` and of `promote`.
    case storeFailed(StateStoreError)
    case promoted
    case offsetsSent
    case transactionCommitted
    case aborted
    /// A call of a transaction did not succeed.
    case refused(TransactionError)
    case committed([PartitionOffset])
    case commitFailed(KafkaError)
    /// nil: no answer.
    case ends([PartitionOffset]?, ticket: Int)
  }

  private struct State {
    var jobs: [Job] = []
    var outcomes: [Outcome] = []
    var nudged = false
    var ending = false
    var ended = false
    /// Nobody waits for this thread any more: it closes the clients itself once the call in hand has returned.
    var ownsClients = false
  }

  private let state = Monitor(State())
  private let lane: Lane
  private let consumer: KafkaConsumer
  private let producer: KafkaProducer
  private let store: CheckpointStore
  /// Partitions whose fetch threads are woken while the lane is behind its brokers.
  private let wakeUps = Mutex<[TopicPartition]>([])
  /// Monotonic ms until which fetch threads are woken.
  private let wakeUntil = Atomic<Int64>(0)
  private static let wakeUpIntervalMs: Int64 = 5
  /// A little more than the second that a fetch thread sleeps: it may have fallen asleep just before the lane caught up.
  private static let wakeUpTailMs: Int64 = 1_200
  private static let askTimeoutMs: Int32 = 5_000
  /// Transaction calls are finite and are made again: an unlimited one may never return.
  private static let sliceMs: Int32 = 5_000

  init(lane: Lane, consumer: KafkaConsumer, producer: KafkaProducer, store: CheckpointStore) {
    self.lane = lane
    self.consumer = consumer
    self.producer = producer
    self.store = store
  }

  /// False if the system gives no thread.
  func start() -> Bool {
    startThread { [self] in run() }
  }

  func submit(_ job: Job) { state.update { $0.jobs.append(job) } }

  /// What was done since the last call, in order. No allocation when there is nothing.
  func takeOutcomes() -> [Outcome] {
    state.withLock { state in
      if state.outcomes.isEmpty { return [] }
      defer { state.outcomes = [] }
      return state.outcomes
    }
  }

  /// Waits until there is an outcome, at most `timeoutMs`.
  func waitForOutcome(timeoutMs: Int64) {
    _ = state.wait(timeoutMs: timeoutMs) { $0.outcomes.isEmpty ? nil : true }
  }

  /// The lane is behind its brokers: keep the fetch threads awake for a while.
  func noteBehind() {
    if ClientProperties.hasFetchBackoff { return }
    let now = Clock.monotonicMs()
    let before = wakeUntil.exchange(now + Self.wakeUpTailMs, ordering: .relaxed)
    if before < now { state.update { $0.nudged = true } }
  }

  func setWakeUps(_ partitions: [TopicPartition]) { wakeUps.withLock { $0 = partitions } }

  /// Asks the thread to end after the job in hand and waits for it. False: it hangs in a call.
  func end(timeoutMs: Int64) -> Bool {
    state.update { $0.ending = true }
    return state.wait(timeoutMs: timeoutMs) { $0.ended ? true : nil } ?? false
  }

  /// After `end` said no: the clients belong to this thread now, which closes them when its call returns, if it ever does.
  func adoptClients() {
    let isOver = state.update { state in
      state.ownsClients = true
      return state.ended
    }
    if isOver { closeClients() }
  }

  private func closeClients() {
    consumer.close(leaving: false)
    producer.close()
  }

  private enum Turn {
    case job(Job)
    /// The lane fell behind: the pause between wake-ups is another now.
    case nudge
    case end
  }

  private func run() {
    while true {
      let pause: Int64 = isWaking ? Self.wakeUpIntervalMs : 1_000
      let turn = state.wait(timeoutMs: pause) { state -> Turn? in
        if state.ending { return .end }
        if !state.jobs.isEmpty { return .job(state.jobs.removeFirst()) }
        defer { state.nudged = false }
        return state.nudged ? .nudge : nil
      }
      switch turn {
      case .job(let job):
        let outcome = perform(job)
        state.update { $0.outcomes.append(outcome) }
      case .end:
        let ownsClients = state.update { state in
          state.ended = true
          return state.ownsClients
        }
        if ownsClients { closeClients() }
        return
      case .nudge, .none:
        if isWaking { wakeFetchThreads() }
      }
    }
  }

  private var isWaking: Bool { wakeUntil.load(ordering: .relaxed) > Clock.monotonicMs() }

  private func perform(_ job: Job) -> Outcome {
    switch job {
    case .store(let checkpoints, let owner):
      return writing { () throws(StateStoreError) in
        let begin = Clock.monotonicMs()
        let bytes = try store.storePending(checkpoints, by: owner)
        return .stored(bytes: bytes, ms: Clock.monotonicMs() - begin)
      }
    case .promote(let numbers, let owner):
      return writing { () throws(StateStoreError) in
        try store.promote(numbers, by: owner)
        return .promoted
      }
    case .sendOffsets(let offsets, let group):
      return calling { () throws(TransactionError) in
        try producer.sendOffsets(offsets, of: group, timeoutMs: Self.sliceMs)
        return .offsetsSent
      }
    case .commitTransaction:
      return calling { () throws(TransactionError) in
        try producer.commitTransaction(timeoutMs: Self.sliceMs)
        return .transactionCommitted
      }
    case .abortTransaction:
      return calling { () throws(TransactionError) in
        try producer.abortTransaction(timeoutMs: Self.sliceMs)
        return .aborted
      }
    case .commitOffsets(let offsets, let timeoutMs):
      if isGivenUp { return .committed([]) }
      do throws(KafkaError) {
        try consumer.commit(offsets, timeoutMs: timeoutMs)
        return .committed(offsets)
      } catch { return .commitFailed(error) }
    case .askEnds(let partitions, let ticket):
      let ends = try? producer.logOffsets(partitions, at: .end, timeoutMs: Self.askTimeoutMs)
      return .ends(ends, ticket: ticket)
    }
  }

  /// Whoever gave this thread up goes on elsewhere: nothing may be written behind his back.
  private var isGivenUp: Bool { lane.isAbandoned || state.withLock(\.ending) }

  private func writing(_ body: () throws(StateStoreError) -> Outcome) -> Outcome {
    if isGivenUp { return .storeFailed(StateStoreError(code: .closed, message: "the lane was given up", sqliteCode: 0)) }
    do throws(StateStoreError) { return try body() } catch { return .storeFailed(error) }
  }

  private func calling(_ body: () throws(TransactionError) -> Outcome) -> Outcome {
    if isGivenUp { return .refused(TransactionError(.fatal, KafkaError(code: 0, name: "GIVEN_UP", message: "the lane was given up"))) }
    do throws(TransactionError) { return try body() } catch { return .refused(error) }
  }

  /// librdkafka 2.0.2 lets a fetch thread sleep for up to a second once the queue limit is hit; any request to its broker wakes it.
  private func wakeFetchThreads() {
    let partitions = wakeUps.withLock { $0 }
    guard !partitions.isEmpty else { return }
    _ = try? consumer.logOffsets(partitions, at: .end, timeoutMs: 1_000)
  }
}
