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

  // Checkpoints.
  var commitProtocol = CommitProtocol()
  /// The copies on their way to the store, and their offsets on their way to the group.
  var pendingCheckpoints: [ShardCheckpoint] = []
  var pendingOffsets: [PartitionOffset] = []
  var nextCheckpointAt: Int64 = 0
  /// Something to checkpoint happened since the last snapshot.
  var changed = false

  // Idleness.
  /// Polled time (ms): one pass adds at most a second, so that a stalled process makes nothing idle.
  var polledMs: Int64 = 0
  var lastPassAt = Clock.monotonicMs()
  var idleQuestion: (ticket: Int, asked: [Int])?
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

  // Failed deliveries.
  var deliveryFailed = false
  private var produceRetries = 0
  private var deliveredAtRetry: Int64 = 0

  init(lane: Lane, plan: PipelinePlan, environment: PipelineEnvironment, sharedStore: SharedStore) {
    self.lane = lane
    self.plan = plan
    self.environment = environment
    self.sharedStore = sharedStore
    drift = DriftControl(maxDriftMs: plan.maxDriftMs, window: plan.executor.window)
    // For benchmarks: makes the lane slower than its brokers.
    if let text = getenv("PENSTOCK_BENCH_RECORD_DELAY_NS") { delayPerRecordNs = Int64(String(cString: text)) ?? 0 }
  }

  /// The lane's whole life. Returns once its clients are closed, or after it was abandoned.
  func run() {
    while true {
      do throws(PipelineFailure) {
        lane.publish { $0.status.stage = .starting }
        if try connect() {
          isConnected = true
          while lane.stopRequested == nil && !lane.isAbandoned { try pass() }
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
        close(leaving: lane.stopRequested == .leaveGroup)
        guard again, !lane.isAbandoned else { return }
        lane.publish { $0.failure = error }
        pauseBeforeRetry()
      }
    }
  }

  /// A failed delivery is never sent again alone, since it would overtake others: the lane goes back to its checkpoint with new
  /// clients, up to `max_produce_retries` times in a row.
  private func mayRetry(_ failure: PipelineFailure) -> Bool {
    guard deliveryFailed, failure.retryable, lane.stopRequested == nil, !lane.isAbandoned else { return false }
    deliveryFailed = false
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
