import CRdKafka

/// The partitions a consumer reads, with dense indices, and the next offset of each.
///
/// `positions` is our own count, the larger of the last record's offset + 1 and the last end-of-partition offset: after
/// transaction markers the client's own position stays behind the end, and for an empty partition it is unknown.
package final class Assignment {
  package let partitions: [TopicPartition]
  package let positions: UnsafeMutablePointer<Int64>

  /// Which (topic handle, partition number) is which index. The client hands out one handle per topic for as long as the topic is
  /// assigned; handles are learnt by name at the first record and compared by address after it.
  private var handles: [(handle: OpaquePointer, indices: [Int32])] = []
  private var lastHandle: OpaquePointer?
  private var lastNumber: Int32 = -1
  private var lastIndex: Int32 = -1

  init(_ offsets: [PartitionOffset]) {
    partitions = offsets.map(\.partition)
    positions = .allocate(capacity: max(1, offsets.count))
    for (index, offset) in offsets.enumerated() { positions[index] = offset.offset ?? 0 }
  }

  /// The index of a message's partition, or -1 if it is not assigned.
  @inline(__always)
  func index(_ handle: OpaquePointer?, _ number: Int32) -> Int32 {
    if handle == lastHandle && number == lastNumber { return lastIndex }
    return find(handle, number)
  }

  private func find(_ handle: OpaquePointer?, _ number: Int32) -> Int32 {
    guard let handle, number >= 0 else { return -1 }
    lastHandle = handle
    lastNumber = number
    if let known = handles.first(where: { $0.handle == handle }) {
      lastIndex = Int(number) < known.indices.count ? known.indices[Int(number)] : -1
      return lastIndex
    }
    let topic = String(cString: rd_kafka_topic_name(handle))
    var indices: [Int32] = []
    for (index, partition) in partitions.enumerated() where partition.topic == topic {
      while indices.count <= Int(partition.partition) { indices.append(-1) }
      indices[Int(partition.partition)] = Int32(index)
    }
    handles.append((handle, indices))
    lastIndex = Int(number) < indices.count ? indices[Int(number)] : -1
    return lastIndex
  }

  deinit { positions.deallocate() }
}
