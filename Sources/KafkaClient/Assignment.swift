import CRdKafka

/// The partitions a consumer reads, with dense indices, and the next offset of each.
///
/// `positions` is our own count, the larger of the last record's offset + 1 and the last end-of-partition offset: after
/// transaction markers the client's own position stays behind the end, and for an empty partition it is unknown.
package final class Assignment {
  package let partitions: [TopicPartition]
  package let positions: UnsafeMutablePointer<Int64>
  /// Records from here on are not wanted: they are passed over, and the position stays.
  let limits: UnsafeMutablePointer<Int64>
  /// Where the client last said that a partition ends, for readers of what is committed; -1 before it did.
  package let ends: UnsafeMutablePointer<Int64>
  /// The last record that was taken of each partition.
  package private(set) var marks: [RecordMark?]
  /// Records that must be there before the first one taken, until they were seen or passed.
  private var witnesses: [RecordMark?]
  /// A partition whose log holds another record where the witness was.
  package private(set) var replaced: TopicPartition?

  /// Which (topic handle, partition number) is which index. The client hands out one handle per topic for as long as the topic is
  /// assigned; handles are learnt by name at the first record and compared by address after it.
  private var handles: [(handle: OpaquePointer, indices: [Int32])] = []
  private var lastHandle: OpaquePointer?
  private var lastNumber: Int32 = -1
  private var lastIndex: Int32 = -1

  init(_ starts: [ReadStart]) {
    partitions = starts.map(\.partition)
    positions = .allocate(capacity: max(1, starts.count))
    limits = .allocate(capacity: max(1, starts.count))
    ends = .allocate(capacity: max(1, starts.count))
    ends.initialize(repeating: -1, count: max(1, starts.count))
    for (index, start) in starts.enumerated() {
      positions[index] = start.offset
      limits[index] = start.limit
    }
    marks = starts.map(\.witness)
    witnesses = marks
  }

  /// A record before the first one wanted: one that was read twice, or the witness.
  func passOver(_ record: RecordMark, _ index: Int) {
    guard let witness = witnesses[index], witness.offset == record.offset else { return }
    witnesses[index] = nil
    if witness != record { replaced = partitions[index] }
  }

  /// Records from `limit` on are passed over. Between batches.
  package func setLimit(_ limit: Int64, _ index: Int) { limits[index] = limit }

  package func note(_ record: RecordMark, _ index: Int) { marks[index] = record }

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

  deinit {
    positions.deallocate()
    limits.deallocate()
    ends.deallocate()
  }
}
