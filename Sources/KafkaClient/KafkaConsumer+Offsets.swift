import CRdKafka

extension KafkaConsumer {
  /// The group's committed offsets with their texts; offset nil where there is none. Blocks for at most `timeoutMs`.
  package func committed(_ partitions: [TopicPartition], timeoutMs: Int32) throws(KafkaError) -> [PartitionOffset] {
    let list = PartitionList(partitions.map { PartitionOffset($0, offset: nil) })
    let error = rd_kafka_committed(client, list.pointer, timeoutMs)
    if error.rawValue != 0 { throw KafkaError(error) }
    return try list.entries()
  }

  /// Commits offsets and their texts to the group; waits for the coordinator's answer for at most `timeoutMs`.
  package func commit(_ offsets: [PartitionOffset], timeoutMs: Int32) throws(KafkaError) {
    // A queue for this one commit: an answer that comes too late dies with it and is never taken for another commit's.
    let answers = rd_kafka_queue_new(client)
    defer { rd_kafka_queue_destroy(answers) }
    let list = PartitionList(offsets)
    let refusal = rd_kafka_commit_queue(client, list.pointer, answers, nil, nil)
    if refusal.rawValue != 0 { throw KafkaError(refusal) }
    guard let event = rd_kafka_queue_poll(answers, timeoutMs) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, "the group coordinator did not answer the commit in \(timeoutMs) ms")
    }
    defer { rd_kafka_event_destroy(event) }
    let error = rd_kafka_event_error(event)
    if error.rawValue != 0 { throw KafkaError(error) }
    guard let answered = rd_kafka_event_topic_partition_list(event) else { return }
    for index in 0..<Int(answered.pointee.cnt) where answered.pointee.elems[index].err.rawValue != 0 {
      throw KafkaError(answered.pointee.elems[index].err)
    }
  }

  /// The log end of an assigned partition as of the last fetch, open transactions included; nil before the first one.
  package func cachedEnd(_ partition: TopicPartition) -> Int64? {
    var low: Int64 = -1
    var high: Int64 = -1
    let error = rd_kafka_get_watermark_offsets(client, partition.topic, partition.partition, &low, &high)
    return error.rawValue == 0 && high >= 0 ? high : nil
  }

  /// Offsets by time, as this client's isolation level sees them.
  package func logOffsets(_ partitions: [TopicPartition], at time: LogTime, timeoutMs: Int32) throws(KafkaError) -> [PartitionOffset] {
    try askLogOffsets(client, partitions, time, timeoutMs)
  }

  package func clusterID(timeoutMs: Int32) throws(KafkaError) -> String {
    guard let text = rd_kafka_clusterid(client, timeoutMs) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, "no broker told the cluster's id in \(timeoutMs) ms")
    }
    defer { rd_kafka_mem_free(client, text) }
    return String(cString: text)
  }

  package func topic(_ name: String, timeoutMs: Int32) throws(KafkaError) -> TopicDescription {
    try describeTopic(client, name, timeoutMs)
  }
}

/// A place in a log.
package enum LogTime: Sendable, Equatable {
  case start, end
  /// The first record at or after this Unix ms; the end where there is none.
  case timestamp(Int64)
}

/// A topic as its cluster describes it.
package struct TopicDescription: Sendable, Equatable {
  package var partitionCount: Int
  /// Partitions that nobody leads at the moment.
  package var leaderless: [Int32] = []
}

func askLogOffsets(
  _ client: OpaquePointer, _ partitions: [TopicPartition], _ time: LogTime, _ timeoutMs: Int32
) throws(KafkaError) -> [PartitionOffset] {
  if partitions.isEmpty { return [] }
  let list = PartitionList(capacity: partitions.count)
  for partition in partitions {
    guard let slot = rd_kafka_topic_partition_list_add(list.pointer, partition.topic, partition.partition) else { continue }
    slot.pointee.offset = switch time {
    case .start: Int64(RD_KAFKA_OFFSET_BEGINNING)
    case .end: Int64(RD_KAFKA_OFFSET_END)
    case .timestamp(let ms): max(0, ms)
    }
  }
  let error = rd_kafka_offsets_for_times(client, list.pointer, timeoutMs)
  if error.rawValue != 0 { throw KafkaError(error) }
  return try list.entries()
}

func describeTopic(_ client: OpaquePointer, _ name: String, _ timeoutMs: Int32) throws(KafkaError) -> TopicDescription {
  guard let topic = rd_kafka_topic_new(client, name, nil) else { throw KafkaError(rd_kafka_last_error()) }
  defer { rd_kafka_topic_destroy(topic) }
  var answer: UnsafePointer<rd_kafka_metadata>?
  let error = rd_kafka_metadata(client, 0, topic, &answer, timeoutMs)
  if error.rawValue != 0 { throw KafkaError(error) }
  guard let answer else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
  defer { rd_kafka_metadata_destroy(answer) }
  guard answer.pointee.topic_cnt > 0, let first = answer.pointee.topics else { throw KafkaError(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) }
  if first.pointee.err.rawValue != 0 { throw KafkaError(first.pointee.err) }
  if first.pointee.partition_cnt == 0 { throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) }
  let partitions = UnsafeBufferPointer(start: first.pointee.partitions, count: Int(first.pointee.partition_cnt))
  let leaderless = partitions.lazy.filter { $0.leader < 0 }.map(\.id).sorted()
  return TopicDescription(partitionCount: partitions.count, leaderless: leaderless)
}
