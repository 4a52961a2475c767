/// One partition's way to where it is to go on.
package struct OffsetMove: Sendable, Equatable {
  package var topic: String
  package var partition: Int32
  /// Where it would go on without the move; nil: as `start_at` says.
  package var from: Int64?
  package var to: Int64

  package init(topic: String, partition: Int32, from: Int64?, to: Int64) {
    self.topic = topic
    self.partition = partition
    self.from = from
    self.to = to
  }
}
