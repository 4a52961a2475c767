/// Counters and gauges of a pipeline, as its stats resource shows them. Counters are since the pipeline object was made, over
/// restarts of its lanes.
public struct KafkaStreamStats: Sendable, Equatable {
  // Counters.
  /// Every record read, bad ones too.
  public var messagesConsumed: Int64 = 0
  /// Results whose delivery was confirmed.
  public var messagesProduced: Int64 = 0
  /// Client errors and records that could not be decoded.
  public var consumeErrors: Int64 = 0
  public var produceErrors: Int64 = 0
  /// Partition offsets committed to the group.
  public var offsetsCommitted: Int64 = 0
  public var commitErrors: Int64 = 0
  public var onTime: Int64 = 0
  public var lateAccepted: Int64 = 0
  public var lateDropped: Int64 = 0
  public var filtered: Int64 = 0
  /// Bad records by reason; only reasons that occurred.
  public var skipped: [String: Int64] = [:]
  /// Records that went to the dead letter topic instead, by reason.
  public var deadLettered: [String: Int64] = [:]
  public var checkpoints: Int64 = 0
  public var checkpointErrors: Int64 = 0
  public var windowsFired: Int64 = 0
  /// From the firing of a window, or of another revision of it, until the brokers confirmed the result.
  package var sinceFired = LatencyHistogram()
  /// From the end of the window in event time to the same moment.
  package var sinceEvent = LatencyHistogram()

  // Gauges.
  /// Log end minus position over the assigned partitions; nil while any is unknown or nothing is assigned.
  public var consumerLag: Int64?
  /// Topic -> partition -> next offset, as last committed to the group.
  public var committedOffsets: [String: [Int32: Int64]] = [:]
  /// The smallest watermark over the shards; nil before there is one.
  public var watermarkMs: Int64?
  public var openWindows = 0
  public var keys = 0
  public var stateBytes = 0
  /// Unix ms of the last stored checkpoint; nil before the first.
  public var lastCheckpointAt: Int64?
  public var lastCheckpointBytes = 0
  public var lastCheckpointMs: Int64 = 0
  /// How long the records waited for the copy of the last checkpoint, and of the one that took longest.
  public var lastCheckpointPauseMs: Int64 = 0
  public var longestCheckpointPauseMs: Int64 = 0

  package init() {}

  /// These figures with another attempt's counters added; gauges stay.
  package func adding(countersOf earlier: KafkaStreamStats) -> KafkaStreamStats {
    var sum = self
    sum.messagesConsumed += earlier.messagesConsumed
    sum.messagesProduced += earlier.messagesProduced
    sum.consumeErrors += earlier.consumeErrors
    sum.produceErrors += earlier.produceErrors
    sum.offsetsCommitted += earlier.offsetsCommitted
    sum.commitErrors += earlier.commitErrors
    sum.onTime += earlier.onTime
    sum.lateAccepted += earlier.lateAccepted
    sum.lateDropped += earlier.lateDropped
    sum.filtered += earlier.filtered
    sum.skipped.merge(earlier.skipped, uniquingKeysWith: +)
    sum.deadLettered.merge(earlier.deadLettered, uniquingKeysWith: +)
    sum.checkpoints += earlier.checkpoints
    sum.checkpointErrors += earlier.checkpointErrors
    sum.windowsFired += earlier.windowsFired
    sum.sinceFired.add(earlier.sinceFired)
    sum.sinceEvent.add(earlier.sinceEvent)
    return sum
  }

  /// The figures of two lanes together: counters and sizes added, the smaller watermark.
  func merging(_ other: KafkaStreamStats) -> KafkaStreamStats {
    var sum = adding(countersOf: other)
    sum.consumerLag = if let lag = consumerLag, let more = other.consumerLag { lag + more } else { nil }
    sum.committedOffsets.merge(other.committedOffsets) { $0.merging($1) { $1 } }
    sum.watermarkMs = if let mine = watermarkMs, let theirs = other.watermarkMs { min(mine, theirs) } else { watermarkMs ?? other.watermarkMs }
    sum.openWindows += other.openWindows
    sum.keys += other.keys
    sum.stateBytes += other.stateBytes
    sum.lastCheckpointAt = [lastCheckpointAt, other.lastCheckpointAt].compactMap { $0 }.min()
    sum.lastCheckpointBytes += other.lastCheckpointBytes
    sum.lastCheckpointMs = max(lastCheckpointMs, other.lastCheckpointMs)
    sum.lastCheckpointPauseMs = max(lastCheckpointPauseMs, other.lastCheckpointPauseMs)
    sum.longestCheckpointPauseMs = max(longestCheckpointPauseMs, other.longestCheckpointPauseMs)
    return sum
  }
}
