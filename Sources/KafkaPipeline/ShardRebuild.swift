import KafkaClient

/// What the group's texts say about windows that are read again from the log.
struct ShardRebuild: Equatable {
  struct Range: Equatable {
    /// First offset that a kept window needs.
    var from: Int64
    /// The committed offset: live from here.
    var to: Int64
    var watermark: Int64?
  }

  var ranges: [TopicPartition: Range]
  /// The shard's.
  var watermark: Int64?
  var largestRevision: Int64
}
