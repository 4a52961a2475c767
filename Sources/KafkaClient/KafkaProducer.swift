import CRdKafka
import Synchronization

/// A producer to one topic, used by one thread, which also serves its delivery reports with `poll`. `logOffsets` may be called
/// from one other.
///
/// Every record carries the parity of an epoch, so that its owner can wait for all reports up to a point while it goes on:
/// `outstanding(parity:)`.
package final class KafkaProducer: @unchecked Sendable {
  package enum Outcome: Sendable {
    case queued
    /// The queue is full: serve reports with `poll`, then try again.
    case full
    case refused(KafkaError)
  }

  let client: OpaquePointer
  private let topic: OpaquePointer
  private let events: ClientEvents
  private var destroyed = false

  package init(properties: [(name: String, value: String)], topic name: String) throws(KafkaError) {
    events = ClientEvents()
    let configuration = try ClientConfiguration(properties)
    configuration.edit { conf in
      rd_kafka_conf_set_dr_msg_cb(conf) { _, message, opaque in
        guard let message, let events = ClientEvents.of(opaque) else { return }
        if UInt(bitPattern: message.pointee._private) == 1 {
          events.deliveries.outstanding.even -= 1
        } else {
          events.deliveries.outstanding.odd -= 1
        }
        if message.pointee.err.rawValue == 0 {
          events.deliveries.delivered += 1
        } else {
          events.deliveries.failed += 1
          events.deliveries.latestFailure = KafkaError(message.pointee.err)
        }
      }
    }
    client = try configuration.makeClient(RD_KAFKA_PRODUCER, events: events)
    guard let topic = rd_kafka_topic_new(client, name, nil) else {
      let error = KafkaError(rd_kafka_last_error())
      rd_kafka_destroy(client)
      throw error
    }
    self.topic = topic
  }

  /// Hands a record to the client, which copies key, value and headers. `key`: nil for none; a value without an address is a tombstone.
  package func produce(
    key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer, timestamp: Int64, headers: borrowing RecordHeaders, parity: Int
  ) -> Outcome {
    guard let list = headers.makeList() else { return .full }
    let opaque = UnsafeMutableRawPointer(bitPattern: UInt(parity & 1) + 1)
    // An empty key is a key: only a nil pointer would be none.
    let keyBase = key.flatMap { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1) }
    let error = penstock_produce(
      client, topic, keyBase, key?.count ?? 0, value.baseAddress, value.count, timestamp, list, opaque)
    if error.rawValue != 0 {
      rd_kafka_headers_destroy(list)
      return error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? .full : .refused(KafkaError(error))
    }
    if parity & 1 == 0 { events.deliveries.outstanding.even += 1 } else { events.deliveries.outstanding.odd += 1 }
    return .queued
  }

  /// Serves delivery reports; waits up to `timeoutMs` for the first.
  package func poll(timeoutMs: Int32) { rd_kafka_poll(client, timeoutMs) }

  /// Sends what lingers and waits for reports, up to `timeoutMs`.
  package func flush(timeoutMs: Int32) { rd_kafka_flush(client, timeoutMs) }

  package func outstanding(parity: Int) -> Int64 {
    parity & 1 == 0 ? events.deliveries.outstanding.even : events.deliveries.outstanding.odd
  }
  package var outstanding: Int64 { events.deliveries.outstanding.even + events.deliveries.outstanding.odd }
  package var delivered: Int64 { events.deliveries.delivered }
  package var failed: Int64 { events.deliveries.failed }
  package var latestFailure: KafkaError? { events.deliveries.latestFailure }

  package var errors: (latest: KafkaError?, count: Int64, fatal: KafkaError?) {
    events.errors.withLock { ($0.latest, $0.count, $0.fatal) }
  }

  /// Offsets by time as this client sees them; with `isolation.level=read_uncommitted` the end is the high watermark.
  package func logOffsets(_ partitions: [TopicPartition], at time: LogTime, timeoutMs: Int32) throws(KafkaError) -> [PartitionOffset] {
    try askLogOffsets(client, partitions, time, timeoutMs)
  }

  package func topic(_ name: String, timeoutMs: Int32) throws(KafkaError) -> TopicDescription {
    try describeTopic(client, name, timeoutMs)
  }

  /// Destroys the client. Records without a report are dropped: flush before. Can block: the caller has a watchdog.
  package func close() {
    guard !destroyed else { return }
    destroyed = true
    rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    rd_kafka_topic_destroy(topic)
    rd_kafka_destroy(client)
  }

  deinit { close() }
}
