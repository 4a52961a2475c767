/// Where a stopped pipeline is to go on.
package enum OffsetTarget: Sendable, Equatable {
  package struct Partition: Sendable, Equatable {
    package var topic: String
    package var partition: Int32
    package var offset: Int64

    package init(topic: String, partition: Int32, offset: Int64) {
      self.topic = topic
      self.partition = partition
      self.offset = offset
    }
  }

  /// All partitions.
  case earliest, latest
  /// All partitions: the first record that is not older, Unix ms; the end where there is none.
  case timestamp(Int64)
  /// These partitions; the others stay where they are.
  case partitions([Partition])
  /// Where the last checkpoint stands, whatever the group says.
  case checkpoint
  /// What the group says, whatever the checkpoint holds.
  case group
}
