import RecordCodec
import StreamEngine

/// What a lane counts, and when things last happened; beside the executors' own counters.
struct LaneCounters {
  var consumed: Int64 = 0
  /// By `DecodeFailure.rawValue`.
  var skipped = [Int64](repeating: 0, count: DecodeFailure.allCases.count + 1)
  var deadLettered = DeadLetterCounts()
  /// Results that went to the dead letter topic.
  var refusedResults: Int64 = 0
  var offsetsCommitted: Int64 = 0
  var commitErrors: Int64 = 0
  /// Transactions.
  var aborted: Int64 = 0
  /// Clients left to a call that does not return.
  var leakedClients = 0
  var checkpoints: Int64 = 0
  var checkpointErrors: Int64 = 0
  var lastCheckpointAt: Int64?
  var lastCheckpointBytes = 0
  var lastCheckpointMs: Int64 = 0
  /// How long the loop stood still for a copy: the last one, and the longest.
  var lastPauseMs: Int64 = 0
  var longestPauseMs: Int64 = 0
  var checkpointError: String?
  var commitError: String?
  var lastProgressAt: Int64?
  var progressMark: Int64 = 0
  var undeliveredSince: Int64?
  /// Records that could be decoded, and Unix ms when that last grew.
  var good: Int64 = 0
  var lastGoodAt: Int64?
  var badRecords: BadRecords?
  /// Records that could not be decoded, when the last good one came.
  var badBefore: Int64 = 0
  var latestBadReason: String?
  /// Counters of executors whose shards were given away.
  var given = ExecutorCounters()
  /// Counters of clients that were closed.
  var delivered: Int64 = 0
  var sinceFired = LatencyHistogram()
  var sinceEvent = LatencyHistogram()
  var deliveriesFailed: Int64 = 0
  var consumerErrors: Int64 = 0
}
