import CRdKafka
import Glibc

/// Owner of a `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(capacity: Int) {
    pointer = rd_kafka_topic_partition_list_new(Int32(clamping: capacity))
  }

  init(_ offsets: [PartitionOffset]) {
    self.init(capacity: offsets.count)
    for offset in offsets { append(offset) }
  }

  func append(_ entry: PartitionOffset) {
    guard let slot = rd_kafka_topic_partition_list_add(pointer, entry.partition.topic, entry.partition.partition) else { return }
    slot.pointee.offset = entry.offset ?? Int64(RD_KAFKA_OFFSET_INVALID)
    if !entry.metadata.isEmpty {
      // The list frees it.
      slot.pointee.metadata = UnsafeMutableRawPointer(strdup(entry.metadata))
      slot.pointee.metadata_size = entry.metadata.utf8.count
    }
  }

  /// The entries as values; an entry with an error of its own throws it.
  func entries() throws(KafkaError) -> [PartitionOffset] {
    var result: [PartitionOffset] = []
    for index in 0..<Int(pointer.pointee.cnt) {
      let slot = pointer.pointee.elems[index]
      if slot.err.rawValue != 0 { throw KafkaError(slot.err) }
      var entry = PartitionOffset(Self.name(slot), offset: slot.offset >= 0 ? slot.offset : nil)
      if let metadata = slot.metadata, slot.metadata_size > 0 {
        entry.metadata = String(decoding: UnsafeRawBufferPointer(start: metadata, count: slot.metadata_size), as: UTF8.self)
      }
      result.append(entry)
    }
    return result
  }

  static func names(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [TopicPartition] {
    (0..<Int(list.pointee.cnt)).map { name(list.pointee.elems[$0]) }
  }

  private static func name(_ slot: rd_kafka_topic_partition_t) -> TopicPartition {
    TopicPartition(slot.topic.map { String(cString: $0) } ?? "", slot.partition)
  }

  deinit { rd_kafka_topic_partition_list_destroy(pointer) }
}
