import KafkaClient

/// What a lane knows of an assigned partition beside its state.
struct PartitionProgress {
  var partition: TopicPartition
  /// `polledMs` when the last record came.
  var lastPolledMs: Int64
  var lastRecordAt: Int64?
  var committed: Int64?
  /// The offset of the next record, which is of an open transaction, and since when (Unix ms) it is the next.
  var openTransaction: (offset: Int64, since: Int64)?
}
