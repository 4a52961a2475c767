import KafkaClient
import StateStore
import Synchronization

/// The second thread of a lane: whatever blocks on the disk or on a coordinator while the loop goes on.
///
/// It shares the lane's consumer and producer; the loop destroys those only after `end` said that this thread is over.
final class CommitThread: Sendable {
  enum Job: Sendable {
    case store([ShardCheckpoint])
    case commitOffsets([PartitionOffset], timeoutMs: Int32)
    /// Log ends, open transactions included. `ticket` comes back with the answer.
    case askEnds([TopicPartition], ticket: Int)
  }

  enum Outcome: Sendable {
    case stored(bytes: Int, ms: Int64)
    case storeFailed(StateStoreError)
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
        state.update { $0.ended = true }
        return
      case .nudge, .none:
        if isWaking { wakeFetchThreads() }
      }
    }
  }

  private var isWaking: Bool { wakeUntil.load(ordering: .relaxed) > Clock.monotonicMs() }

  private func perform(_ job: Job) -> Outcome {
    switch job {
    case .store(let checkpoints):
      if lane.isAbandoned { return .storeFailed(StateStoreError(code: .closed, message: "the lane was abandoned", sqliteCode: 0)) }
      let begin = Clock.monotonicMs()
      do throws(StateStoreError) {
        let bytes = try store.commit(checkpoints)
        return .stored(bytes: bytes, ms: Clock.monotonicMs() - begin)
      } catch { return .storeFailed(error) }
    case .commitOffsets(let offsets, let timeoutMs):
      if lane.isAbandoned { return .committed([]) }
      do throws(KafkaError) {
        try consumer.commit(offsets, timeoutMs: timeoutMs)
        return .committed(offsets)
      } catch { return .commitFailed(error) }
    case .askEnds(let partitions, let ticket):
      let ends = try? producer.logOffsets(partitions, at: .end, timeoutMs: Self.askTimeoutMs)
      return .ends(ends, ticket: ticket)
    }
  }

  /// librdkafka 2.0.2 lets a fetch thread sleep for up to a second once the queue limit is hit; any request to its broker wakes it.
  private func wakeFetchThreads() {
    let partitions = wakeUps.withLock { $0 }
    guard !partitions.isEmpty else { return }
    _ = try? consumer.logOffsets(partitions, at: .end, timeoutMs: 1_000)
  }
}
