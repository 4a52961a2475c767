import CRdKafka

extension KafkaConsumer {
  /// Stops fetching from these partitions, which must be assigned and not paused. Records of them that were fetched already do not
  /// come any more; they are fetched again after `resume`. Between batches, on the polling thread.
  package func pause(_ partitions: [TopicPartition]) throws(KafkaError) {
    let list = PartitionList(partitions.map { PartitionOffset($0, offset: nil) })
    let error = rd_kafka_pause_partitions(client, list.pointer)
    if error.rawValue != 0 { throw KafkaError(error) }
    paused.formUnion(partitions)
  }

  /// Goes on with partitions that are paused; one that is not would be read again from its start (librdkafka 2.0.2).
  package func resume(_ partitions: [TopicPartition]) throws(KafkaError) {
    let list = PartitionList(partitions.map { PartitionOffset($0, offset: nil) })
    let error = rd_kafka_resume_partitions(client, list.pointer)
    if error.rawValue != 0 { throw KafkaError(error) }
    paused.subtract(partitions)
  }

  /// The client remembers a pause beyond the assignment in which it was made (librdkafka 2.0.2): what is assigned again would stay paused.
  func forgetPauses() {
    if paused.isEmpty { return }
    let list = PartitionList(paused.map { PartitionOffset($0, offset: nil) })
    rd_kafka_resume_partitions(client, list.pointer)
    paused = []
  }
}
