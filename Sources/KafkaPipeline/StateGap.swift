import KafkaClient

/// Records that windows still kept should hold and that are gone: their figures are too small, and `StateComplete` says so.
package struct StateGap: Sendable, Equatable {
  var partition: TopicPartition
  /// Offsets from ..< to are gone; nil: which ones is not known, only that windows began before `to`.
  package var from: Int64?
  package var to: Int64
  /// The shard's watermark at which every window concerned is gone; nil: not known before the next record of the partition.
  package var until: Int64?

  init(partition: TopicPartition, from: Int64?, to: Int64, until: Int64? = nil) {
    self.partition = partition
    self.from = from
    self.to = to
    self.until = until
  }

  package var topic: String { partition.topic }
  package var number: Int32 { partition.partition }

  /// For people.
  package var text: String {
    let place = "\(partition.topic)/\(partition.partition)"
    guard let from else { return "\(place): windows of records before \(to)" }
    return "\(place): records \(from)..<\(to)"
  }
}
