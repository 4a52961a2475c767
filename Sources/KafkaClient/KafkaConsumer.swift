import CRdKafka
import Synchronization

/// A member of a consumer group, polled by one thread. `commit`, `committed` and `logOffsets` may be called from one other.
///
/// Rebalances: the callback only notes what the group wants; the owner acts on `takeRebalance()` between batches, and the client
/// waits for its `assign` or `unassign`.
package final class KafkaConsumer: @unchecked Sendable {
  let client: OpaquePointer
  private let queue: OpaquePointer
  private let events: ClientEvents
  package private(set) var assignment = Assignment([])
  /// What the group gave last, taken or not.
  private var offered: [TopicPartition] = []
  var paused: Set<TopicPartition> = []
  private var destroyed = false

  package init(properties: [(name: String, value: String)]) throws(KafkaError) {
    events = ClientEvents()
    let configuration = try ClientConfiguration(properties)
    configuration.edit { conf in
      rd_kafka_conf_set_rebalance_cb(conf) { client, error, list, opaque in
        guard let list, let events = ClientEvents.of(opaque) else { return }
        KafkaConsumer.note(client, error, list, events)
      }
    }
    client = try configuration.makeClient(RD_KAFKA_CONSUMER, events: events)
    rd_kafka_poll_set_consumer(client)
    queue = rd_kafka_queue_get_consumer(client)
  }

  private static func note(
    _ client: OpaquePointer?, _ error: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>,
    _ events: ClientEvents
  ) {
    let names = PartitionList.names(list)
    let noted = events.group.withLock { group in
      guard !group.closing else { return false }
      switch error {
      case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: group.pending = .assigned(names)
      case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS: group.pending = .revoked(names, lost: rd_kafka_assignment_lost(client) != 0)
      default: return false
      }
      return true
    }
    if !noted { rd_kafka_assign(client, nil) }
  }

  // MARK: Polling

  /// Fills the batch with at most `limit` records: waits up to `timeoutMs` for the first, then takes what is there.
  ///
  /// The batch call of the client waits its whole timeout unless its array fills, hence the two steps (librdkafka 2.0.2).
  /// Returns the number of messages taken, which is more than `batch.count` where some were no records.
  package func poll(into batch: RecordBatch, limit: Int, timeoutMs: Int32) -> Int {
    batch.release()
    batch.count = 0
    batch.bytes = 0
    guard let first = rd_kafka_consumer_poll(client, timeoutMs) else { return 0 }
    batch.messages[0] = first
    batch.messageCount = 1
    let room = min(limit, batch.capacity) - 1
    if room > 0 {
      let more = rd_kafka_consume_batch_queue(queue, 0, batch.messages + 1, room)
      if more > 0 { batch.messageCount += more }
    }
    fill(batch, assignment, events)
    return batch.messageCount
  }

  /// What the group wants, once.
  package func takeRebalance() -> Rebalance? {
    let rebalance = events.group.withLock { group in
      defer { group.pending = nil }
      return group.pending
    }
    switch rebalance {
    case .assigned(let partitions): offered = partitions
    case .revoked: offered = []
    case nil: break
    }
    return rebalance
  }

  /// That brokers refused credentials or certificates, if they did since the last call. While nothing is assigned and nobody polls.
  package func takeDenial() -> KafkaError? {
    // Errors are told in the poll.
    if let message = rd_kafka_consumer_poll(client, 0) { rd_kafka_message_destroy(message) }
    return events.takeDenial()
  }

  /// The latest error and the number of errors since the client was made. The client knows best whether it can go on: a static member
  /// that was fenced is told so by no callback.
  package var errors: (latest: KafkaError?, count: Int64, fatal: KafkaError?) {
    let noted = events.errors.withLock { ($0.latest, $0.count, $0.fatal) }
    if noted.2 != nil || destroyed { return noted }
    var code = RD_KAFKA_RESP_ERR_NO_ERROR
    let text = withErrorText { text, capacity in
      code = rd_kafka_fatal_error(client, text, capacity)
      return code == RD_KAFKA_RESP_ERR_NO_ERROR
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? noted : (noted.0, noted.1, KafkaError(code, text))
  }

  // MARK: Membership

  /// The client leaves in the background; there is nothing that tells when it has.
  private static let leastLeavingMs: Int64 = 100

  package func subscribe(_ topics: [String]) throws(KafkaError) {
    let list = PartitionList(capacity: topics.count)
    for topic in topics { list.append(PartitionOffset(TopicPartition(topic, -1), offset: nil)) }
    try check(rd_kafka_subscribe(client, list.pointer))
  }

  /// Starts reading. Paused partitions are not paused any more.
  package func assign(_ starts: [ReadStart]) throws(KafkaError) {
    forgetPauses()
    let list = PartitionList(starts.map { PartitionOffset($0.partition, offset: min($0.offset, $0.witness?.offset ?? .max)) })
    try check(rd_kafka_assign(client, list.pointer))
    assignment = Assignment(starts)
  }

  package func assign(_ offsets: [PartitionOffset]) throws(KafkaError) {
    try assign(offsets.map { ReadStart($0.partition, offset: $0.offset ?? 0) })
  }

  package func unassign() {
    forgetPauses()
    rd_kafka_assign(client, nil)
    assignment = Assignment([])
  }

  /// Leaves the group: its partitions are free at once. Waits until the client let go of them, at most `timeoutMs`.
  package func leaveGroup(timeoutMs: Int64) {
    events.group.withLock { $0.closing = true }
    // An assignment that was never taken has to be first, or the client does not leave: an invalid offset reads nothing.
    if assignment.partitions.isEmpty, !offered.isEmpty {
      let list = PartitionList(offered.map { PartitionOffset($0, offset: nil) })
      rd_kafka_assign(client, list.pointer)
    }
    rd_kafka_unsubscribe(client)
    let begun = Clock.monotonicMs()
    while Clock.monotonicMs() < begun + timeoutMs {
      if let message = rd_kafka_consumer_poll(client, 50) { rd_kafka_message_destroy(message) }
      if Clock.monotonicMs() < begun + Self.leastLeavingMs { continue }
      var count: Int32 = 0
      var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
      if rd_kafka_assignment(client, &list).rawValue == 0, let list {
        count = list.pointee.cnt
        rd_kafka_topic_partition_list_destroy(list)
      }
      if count == 0 { break }
    }
    unassign()
  }

  /// Destroys the client. `leaving` closes the membership properly first; otherwise a static member keeps its partitions for its
  /// next start. Can block while a broker does not answer: the caller has a watchdog.
  package func close(leaving: Bool) {
    guard !destroyed else { return }
    destroyed = true
    events.group.withLock { $0.closing = true }
    rd_kafka_queue_destroy(queue)
    if leaving { rd_kafka_consumer_close(client) }
    rd_kafka_destroy_flags(client, penstock_no_consumer_close)
  }

  deinit { close(leaving: false) }

  private func check(_ error: rd_kafka_resp_err_t) throws(KafkaError) {
    if error.rawValue != 0 { throw KafkaError(error) }
  }
}

/// The hot loop of the consumer: messages to columns. Offsets below the next expected one were read before and are passed over,
/// which also hides several bugs of old clients after rebalances and seeks.
private func fill(_ batch: RecordBatch, _ assignment: Assignment, _ events: ClientEvents) {
  let positions = assignment.positions
  let limits = assignment.limits
  var count = 0
  var bytes = 0
  /// Partition of the record before.
  var last: Int32 = -1
  for slot in 0..<batch.messageCount {
    guard let message = batch.messages[slot] else { continue }
    let partition = assignment.index(message.pointee.rkt, message.pointee.partition)
    if message.pointee.err.rawValue != 0 {
      noteError(message, partition, assignment, events)
      continue
    }
    guard partition >= 0 else { continue }
    let offset = message.pointee.offset
    guard offset >= positions[Int(partition)] else {
      assignment.passOver(mark(message), Int(partition))
      continue
    }
    guard offset < limits[Int(partition)] else {
      // A limit may be behind what was read before it was known.
      positions[Int(partition)] = max(positions[Int(partition)], limits[Int(partition)])
      continue
    }
    positions[Int(partition)] = offset &+ 1
    // Of each run of a partition's records the last one is noted.
    if partition != last {
      noteLast(batch, count, assignment)
      last = partition
    }
    batch.values[count] = message.pointee.payload.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) }
    batch.valueLengths[count] = Int32(clamping: message.pointee.len)
    bytes &+= message.pointee.len
    batch.keys[count] = message.pointee.key.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) }
    batch.keyLengths[count] = Int32(clamping: message.pointee.key_len)
    batch.timestamps[count] = rd_kafka_message_timestamp(message, nil)
    batch.offsets[count] = offset
    batch.partitions[count] = partition
    batch.slots[count] = Int32(truncatingIfNeeded: slot)
    count &+= 1
  }
  noteLast(batch, count, assignment)
  batch.count = count
  batch.bytes = bytes
}

private func mark(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> RecordMark {
  let value = message.pointee.payload.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) }
  let key = message.pointee.key.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) }
  return RecordMark(
    offset: message.pointee.offset, timestamp: rd_kafka_message_timestamp(message, nil),
    hash: RecordMark.hash(key: key, message.pointee.key_len, value: value, message.pointee.len))
}

/// Notes the last of `count` records as the last one taken of its partition.
private func noteLast(_ batch: RecordBatch, _ count: Int, _ assignment: Assignment) {
  guard count > 0 else { return }
  let index = count - 1
  let hash = RecordMark.hash(
    key: batch.keys[index], Int(batch.keyLengths[index]), value: batch.values[index], Int(batch.valueLengths[index]))
  assignment.note(
    RecordMark(offset: batch.offsets[index], timestamp: batch.timestamps[index], hash: hash), Int(batch.partitions[index]))
}

private func noteError(
  _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ partition: Int32, _ assignment: Assignment, _ events: ClientEvents
) {
  if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
    if partition >= 0 {
      let index = Int(partition)
      assignment.ends[index] = message.pointee.offset
      assignment.positions[index] = max(assignment.positions[index], min(message.pointee.offset, assignment.limits[index]))
    }
    return
  }
  let text = message.pointee.payload == nil ? nil : String(cString: rd_kafka_message_errstr(message))
  var error = KafkaError(message.pointee.err, text)
  // The client's own words do not say which of the topics is meant.
  if let topic = message.pointee.rkt, let name = rd_kafka_topic_name(topic) { error.message = "\(String(cString: name)): \(error.message)" }
  // These need a decision of the owner: nothing more comes from that partition by itself.
  let ends = error.isOffsetOutOfRange || error.isAuthorization || error.isUnknownTopic
    || message.pointee.err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED
  events.note(error, fatal: ends)
}
