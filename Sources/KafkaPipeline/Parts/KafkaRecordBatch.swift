import KafkaClient

/// Records of one poll, in order within each partition. Valid until the handler that it was handed to returns.
public struct KafkaRecordBatch: RandomAccessCollection {
  private let batch: RecordBatch
  private let partitions: [TopicPartition]

  init(_ batch: RecordBatch, _ partitions: [TopicPartition]) {
    self.batch = batch
    self.partitions = partitions
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { batch.count }

  public subscript(index: Int) -> KafkaRecord {
    precondition(index >= 0 && index < batch.count, "the batch has \(batch.count) records")
    let partition = partitions[Int(batch.partitions[index])]
    return KafkaRecord(
      topic: partition.topic, partition: Int(partition.partition), offset: batch.offsets[index],
      timestamp: batch.timestamps[index] < 0 ? nil : batch.timestamps[index],
      key: batch.keys[index].map { UnsafeRawBufferPointer(start: $0, count: Int(batch.keyLengths[index])) },
      value: batch.values[index].map { UnsafeRawBufferPointer(start: $0, count: Int(batch.valueLengths[index])) })
  }
}
