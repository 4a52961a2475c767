import RecordCodec
import StreamEngine

/// What a lane counts, and when things last happened; beside the executors' own counters.
struct LaneCounters {
  var consumed: Int64 = 0
  /// By `DecodeFailure.rawValue`.
  var skipped = [Int64](repeating: 0, count: DecodeFailure.allCases.count + 1)
  var offsetsCommitted: Int64 = 0
  var commitErrors: Int64 = 0
  var checkpoints: Int64 = 0
  var checkpointErrors: Int64 = 0
  var lastCheckpointAt: Int64?
  var lastCheckpointBytes = 0
  var lastCheckpointMs: Int64 = 0
  var checkpointError: String?
  var commitError: String?
  var lastProgressAt: Int64?
  var progressMark: Int64 = 0
  var undeliveredSince: Int64?
  /// Counters of executors whose shards were given away.
  var given = ExecutorCounters()
  /// Counters of clients that were closed.
  var delivered: Int64 = 0
  var deliveriesFailed: Int64 = 0
  var consumerErrors: Int64 = 0
}
