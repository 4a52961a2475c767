/// From where, and to where, a partition is read.
package struct ReadStart: Sendable, Equatable {
  package var partition: TopicPartition
  /// The first record wanted.
  package var offset: Int64
  /// Records from here on are passed over.
  package var limit: Int64
  /// An earlier record: if it is still in the log, it must be this one.
  package var witness: RecordMark?

  package init(_ partition: TopicPartition, offset: Int64, limit: Int64 = .max, witness: RecordMark? = nil) {
    self.partition = partition
    self.offset = offset
    self.limit = limit
    self.witness = witness
  }
}
