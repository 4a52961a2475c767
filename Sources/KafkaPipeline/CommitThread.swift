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
    var ending = false
    var ended = false
  }

  private let state = Monitor(State())
  private let lane: Lane
  private let consumer: KafkaConsumer
  private let producer: KafkaProducer
  private let store: CheckpointStore
  /// Partitions to wake the fetch threads of; set while the lane is behind its brokers.
  private let wakeUps = Mutex<[TopicPartition]>([])
  private let behind = Atomic<Bool>(false)
  private static let wakeUpIntervalMs: Int64 = 5
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

  /// The lane is behind: keep its fetch threads awake.
  func setBehind(_ value: Bool) {
    if behind.load(ordering: .relaxed) == value { return }
    behind.store(value, ordering: .relaxed)
    if value { state.update { _ in } }
  }

  func setWakeUps(_ partitions: [TopicPartition]) { wakeUps.withLock { $0 = partitions } }

  /// Asks the thread to end after the job in hand and waits for it. False: it hangs in a call.
  func end(timeoutMs: Int64) -> Bool {
    state.update { $0.ending = true }
    return state.wait(timeoutMs: timeoutMs) { $0.ended ? true : nil } ?? false
  }

  private func run() {
    while true {
      let pause: Int64 = behind.load(ordering: .relaxed) ? Self.wakeUpIntervalMs : 1_000
      let next = state.wait(timeoutMs: pause) { state -> Job?? in
        if state.ending { return .some(nil) }
        return state.jobs.isEmpty ? nil : .some(state.jobs.removeFirst())
      }
      switch next {
      case .some(.some(let job)):
        let outcome = perform(job)
        state.update { $0.outcomes.append(outcome) }
      case .some(.none):
        state.update { $0.ended = true }
        return
      case .none:
        if behind.load(ordering: .relaxed) { wakeFetchThreads() }
      }
    }
  }

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
