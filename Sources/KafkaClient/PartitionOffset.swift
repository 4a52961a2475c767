package struct TopicPartition: Sendable, Hashable {
  package var topic: String
  package var partition: Int32

  package init(_ topic: String, _ partition: Int32) {
    self.topic = topic
    self.partition = partition
  }
}

/// An offset of a partition with the text that was or will be committed beside it.
package struct PartitionOffset: Sendable, Equatable {
  package var partition: TopicPartition
  /// nil: none.
  package var offset: Int64?
  package var metadata: String

  package init(_ partition: TopicPartition, offset: Int64?, metadata: String = "") {
    self.partition = partition
    self.offset = offset
    self.metadata = metadata
  }
}
