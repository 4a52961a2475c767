import Glibc
import KafkaClient
import StateStore
import StreamEngine

/// The loop thread of a lane: poll, decode, aggregate, produce, checkpoint. Everything here belongs to that one thread.
///
/// Per batch, not per record: clocks, locks, counters, checks for commands.
final class LaneLoop {
  let lane: Lane
  let plan: PipelinePlan
  let environment: PipelineEnvironment
  let sharedStore: SharedStore

  // Made by `connect`.
  var source: LaneSource?
  var sink: LaneSink?
  var commits: CommitThread?
  var store: CheckpointStore?
  var signature = ""
  /// Partition counts of the input topics, as the cluster told at the start and at the last assignment.
  var partitionCounts: [String: Int] = [:]

  // Made by `take`.
  var shards: [Shard] = []
  /// Shard and input of each assigned partition.
  var shardOf: [Int] = []
  var inputOf: [Int32] = []
  var partitions: [PartitionProgress] = []
  var inputComplete: Bool?
  /// How many partitions the group gave, read or not.
  var assignedCount = 0

  // Commits.
  var commitProtocol: CommitProtocol
  var copies = LaneCopies()
  /// Memory for the next copies.
  var spare = SparePages(size: 0)
  /// Who this lane is for the store, since it connected.
  var owner: Int64 = 0
  /// Monotonic ms.
  var nextCheckpointAt: Int64 = 0
  var commitBegunAt: Int64 = 0
  /// When the commit's action in hand began.
  var actionBegunAt: Int64 = 0
  var lastCommitTookMs: Int64 = 0
  /// Why the commit in hand fails.
  var commitFailure: PipelineFailure?
  /// What the group has of the partitions, with the texts.
  var lastCommitted: [PartitionOffset] = []
  /// Something to checkpoint happened since the last snapshot.
  var changed = false
  /// Monotonic ms when the loop was last known to run: a longer pause may have cost the membership.
  var lastAliveAt = Clock.monotonicMs()
  /// When the present replay began, and how many records it had to go.
  var replayRate: (at: Int64, toGo: Int64)?

  // Idleness.
  /// Polled time (ms): one pass adds at most a second, so that a stalled process makes nothing idle.
  var polledMs: Int64 = 0
  var lastPassAt = Clock.monotonicMs()
  var idleQuestion: (ticket: Int, asked: [Int])?
  /// What was answered last, until it is looked at.
  var endsAnswer: (ends: [PartitionOffset]?, ticket: Int)?
  var nextTicket = 0
  /// Partitions that are read too far ahead of others.
  var drift: DriftControl
  /// `polledMs` when the partitions were taken.
  var assignedAtPolledMs: Int64 = 0
  /// Monotonic ms when results of open windows go out next, if they do.
  var nextEarlyAt: Int64 = 0

  // Counters of this lane; the executors' are added when published.
  var counts = LaneCounters()
  var lastPublishedAt: Int64 = 0
  /// How often the copy for everyone else is made.
  var publishIntervalMs: Int64 = 50
  var delayPerRecordNs: Int64 = 0

  /// The lane got as far as its loop.
  private var isConnected = false
  /// Every assigned partition is paused, by wish.
  var isPaused = false
  /// Where a bounded run ends; nil: it does not, or that is not known yet.
  var ends: [TopicPartition: Int64]?
  /// Indices of partitions that are there.
  var arrived: Set<Int> = []
  /// Every shard was live once since the lane connected.
  var wasLive = false

  // Records and results that cannot be used.
  /// The first one since the last log line, and how many there were.
  var latestBad: (reason: String, offset: Int64?, place: TopicPartition?)?
  var badSinceLog: Int64 = 0
  var badLoggedAt = Int64.min / 2
  /// The brokers refused a batch: from then on each result is one.
  var sendsOneByOne = false
  /// `LaneSink.refused`, over new clients.
  var refusedResults: [UInt64: KafkaError] = [:]

  // Failed deliveries.
  var deliveryFailed = false
  private var produceRetries = 0
  private var deliveredAtRetry: Int64 = 0

  init(lane: Lane, plan: PipelinePlan, environment: PipelineEnvironment, sharedStore: SharedStore) {
    self.lane = lane
    self.plan = plan
    self.environment = environment
    self.sharedStore = sharedStore
    commitProtocol = CommitProtocol(plan.guarantee)
    drift = DriftControl(maxDriftMs: plan.maxDriftMs, window: plan.executor.window)
    // For benchmarks: makes the lane slower than its brokers.
    if let text = getenv("PENSTOCK_BENCH_RECORD_DELAY_NS") { delayPerRecordNs = Int64(String(cString: text)) ?? 0 }
  }

  /// The lane's whole life. Returns once its clients are closed, or after it was abandoned.
  func run() {
    defer { environment.stateBudget.close(ObjectIdentifier(lane)) }
    while true {
      do throws(PipelineFailure) {
        lane.publish { $0.status.stage = .starting }
        if try connect() {
          isConnected = true
          while lane.stopRequested == nil && !lane.isAbandoned { try passOrReload() }
          lane.publish { $0.status.stage = .stopping }
          try drain()
        }
        return close(leaving: lane.stopRequested == .leaveGroup)
      } catch {
        let again = mayRetry(error)
        let stopping = lane.stopRequested != nil
        environment.log(again || stopping ? "warning" : "error", "lane \(lane.index): \(error.message)")
        if !again {
          lane.publish {
            if stopping { $0.forced = true } else { $0.failure = error }
          }
        }
        // The last word of the clients, before they are gone.
        if isConnected && !lane.isAbandoned { publish(Clock.wallMs()) }
        isConnected = false
        wasLive = false
        // What does not start again by itself must not hold partitions, or the group against whoever wants to change its offsets.
        close(leaving: lane.stopRequested == .leaveGroup || (!again && !stopping && !error.retryable))
        guard again, !lane.isAbandoned else { return }
        lane.publish { $0.failure = error }
        pauseBeforeRetry()
      }
    }
  }

  private func passOrReload() throws(PipelineFailure) {
    do throws(PipelineFailure) { try pass() } catch {
      guard error == Self.reloadWanted else { throw error }
      try reload()
    }
  }

  /// A failed delivery is never sent again alone, since it would overtake others: the lane goes back to its checkpoint with new
  /// clients, up to `max_produce_retries` times in a row. So it does after a transaction that cannot go on.
  private func mayRetry(_ failure: PipelineFailure) -> Bool {
    let isOfKafka = deliveryFailed || failure == commitFailure || failure == Self.unclearEnd
    deliveryFailed = false
    commitFailure = nil
    // The disk is not better at once.
    guard isOfKafka, !failure.code.hasPrefix("state."), failure.retryable, lane.stopRequested == nil, !lane.isAbandoned else { return false }
    let delivered = counts.delivered + (sink?.producer.delivered ?? 0)
    if delivered > deliveredAtRetry { produceRetries = 0 }
    deliveredAtRetry = delivered
    produceRetries += 1
    return produceRetries <= plan.kafka.maxProduceRetries
  }

  /// 100 ms doubling to 5 s, with jitter.
  private func pauseBeforeRetry() {
    let longest = min(5_000, 100 << min(produceRetries - 1, 6))
    let resume = Clock.monotonicMs() + Int64.random(in: Int64(longest / 2)...Int64(longest))
    while Clock.monotonicMs() < resume && lane.stopRequested == nil && !lane.isAbandoned {
      lane.beat()
      usleep(20_000)
    }
  }

  /// Not a failure: a transaction was aborted, and the shards are to be loaded again.
  static let reloadWanted = PipelineFailure(
    code: "lane.reload", fault: .external, retryable: true, message: "a transaction was aborted; what it held comes again",
    advice: "The pipeline goes on by itself.")
  static let unclearEnd = PipelineFailure(
    code: "kafka.transaction_unclear", fault: .external, retryable: true,
    message: "an answer about the end of a transaction got lost; a new producer makes sure that it has ended",
    advice: "The pipeline goes on by itself.")
  static let abandoned = PipelineFailure(
    code: "lane.abandoned", fault: .internal, retryable: true, message: "the lane was abandoned", advice: "")
  /// Longest wait for log ends when an idle partition returns.
  static let wakeAskMs: Int32 = 1_000
  /// Pause before that question when all partitions were idle, microseconds.
  static let burstPauseUs: UInt32 = 100_000
  /// A batch of so many bytes says that the queue is full more than half the time: its limit is in bytes.
  static let behindBytes = 1 << 20
  /// Records further ahead of the wall clock than this are bad ones.
  static let futureLimitMs: Int64 = 24 * 3_600_000
}
