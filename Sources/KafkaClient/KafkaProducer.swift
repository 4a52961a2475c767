import CRdKafka
import Synchronization

/// A producer to one topic, and to one of dead letters if there is one; used by one thread, which also serves its delivery reports
/// with `poll`. `logOffsets` may be called from one other.
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
  private let deadLetters: OpaquePointer?
  private let events: ClientEvents
  private var destroyed = false

  /// `keepsRefused`: records that are refused for what they are wait for `takeRefused`, instead of being a failure.
  package init(
    properties: [(name: String, value: String)], topic name: String, deadLetterTopic: String? = nil, keepsRefused: Bool = false
  ) throws(KafkaError) {
    events = ClientEvents()
    events.deliveries.keepsRefused = keepsRefused
    let configuration = try ClientConfiguration(properties)
    configuration.edit { conf in
      rd_kafka_conf_set_dr_msg_cb(conf) { _, message, opaque in
        guard let message, let events = ClientEvents.of(opaque) else { return }
        KafkaProducer.note(message, events)
      }
    }
    client = try configuration.makeClient(RD_KAFKA_PRODUCER, events: events)
    guard let topic = rd_kafka_topic_new(client, name, nil) else {
      let error = KafkaError(rd_kafka_last_error())
      rd_kafka_destroy(client)
      throw error
    }
    self.topic = topic
    var deadLetters: OpaquePointer?
    if let deadLetterTopic { deadLetters = rd_kafka_topic_new(client, deadLetterTopic, nil) }
    self.deadLetters = deadLetters
  }

  /// What a record carries through the client: its parity, its topic, and when (Unix ms; 0: nobody wants to know) it came about. Never nil,
  /// which would be no report.
  private static func tag(parity: Int, _ topic: OutputTopic, firedAt: Int64) -> UnsafeMutableRawPointer? {
    UnsafeMutableRawPointer(bitPattern: UInt(parity & 1) + 1 + UInt(topic.rawValue) << 2 + UInt(clamping: firedAt) << 3)
  }

  private static func note(_ message: UnsafePointer<rd_kafka_message_t>, _ events: ClientEvents) {
    let tag = UInt(bitPattern: message.pointee._private)
    let isResult = tag >> 2 & 1 == 0
    if tag & 3 == 1 { events.deliveries.outstanding.even -= 1 } else { events.deliveries.outstanding.odd -= 1 }
    if message.pointee.err.rawValue == 0 {
      if isResult { events.deliveries.delivered += 1 }
      if isResult, tag >> 3 != 0 {
        let now = Clock.wallMs()
        events.deliveries.sinceFired.record(now - Int64(clamping: tag >> 3))
        // A result's own time is the last ms of its window, or the wall clock where that is behind.
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let time = rd_kafka_message_timestamp(message, &type)
        // A topic with the broker's time says nothing of it.
        if type != RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME { events.deliveries.sinceEvent.record(now - time) }
      }
      return
    }
    events.deliveries.failed += 1
    let error = KafkaError(message.pointee.err)
    let isKept = events.deliveries.keepsRefused && error.isOfRecord && events.deliveries.refused.count < ClientEvents.Deliveries.mostRefused
    guard isKept else {
      events.deliveries.latestFailure = error
      return
    }
    events.deliveries.refused.append(RefusedRecord(message, isResult ? .results : .deadLetters))
  }

  /// Hands a record to the client, which copies key, value and headers. `key`: nil for none; a value without an address is a tombstone.
  package func produce(
    key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer, timestamp: Int64, headers: borrowing RecordHeaders, parity: Int,
    firedAt: Int64 = 0
  ) -> Outcome {
    guard let list = headers.makeList() else { return .full }
    let outcome = produce(to: .results, key: key, value: value, timestamp: timestamp, list: list, parity: parity, firedAt: firedAt)
    if case .queued = outcome { return outcome }
    rd_kafka_headers_destroy(list)
    return outcome
  }

  /// The same with headers of its own, which are used up once the record is queued.
  package func produce(
    to topic: OutputTopic, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64, headers: HeaderList, parity: Int
  ) -> Outcome {
    guard let list = headers.pointer else { return .full }
    let outcome = produce(to: topic, key: key, value: value, timestamp: timestamp, list: list, parity: parity)
    if case .queued = outcome { _ = headers.take() }
    return outcome
  }

  /// The client owns `list` once the record is queued.
  private func produce(
    to topic: OutputTopic, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64, list: OpaquePointer, parity: Int,
    firedAt: Int64 = 0
  ) -> Outcome {
    // An empty key is a key: only a nil pointer would be none.
    let keyBase = key.flatMap { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1) }
    let handle = topic == .deadLetters ? deadLetters ?? self.topic : self.topic
    let error = penstock_produce(
      client, handle, keyBase, key?.count ?? 0, value?.baseAddress, value?.count ?? 0, timestamp, list, Self.tag(parity: parity, topic, firedAt: firedAt))
    if error.rawValue != 0 { return error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? .full : .refused(KafkaError(error)) }
    if parity & 1 == 0 { events.deliveries.outstanding.even += 1 } else { events.deliveries.outstanding.odd += 1 }
    return .queued
  }

  /// Keeps a record for later instead.
  package func hold(
    in held: HeldRecords, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer, timestamp: Int64, headers: borrowing RecordHeaders,
    firedAt: Int64 = 0
  ) -> Outcome {
    guard let list = headers.makeList() else { return .full }
    held.append(topic: .results, key: key, value: value, timestamp: timestamp, headers: list, firedAt: firedAt)
    return .queued
  }

  package func hold(
    in held: HeldRecords, topic: OutputTopic, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64, headers: HeaderList
  ) -> Outcome {
    guard let list = headers.take() else { return .full }
    held.append(topic: topic, key: key, value: value, timestamp: timestamp, headers: list, firedAt: 0)
    return .queued
  }

  /// Hands over the first record that is held.
  package func produce(from held: HeldRecords, parity: Int) -> Outcome {
    var outcome = Outcome.queued
    held.give { topic, key, value, timestamp, headers, firedAt in
      outcome = produce(to: topic, key: key, value: value, timestamp: timestamp, list: headers, parity: parity, firedAt: firedAt)
      if case .queued = outcome { return true }
      return false
    }
    return outcome
  }

  /// Records that were refused for what they are, since the last call. No allocation when there are none.
  package func takeRefused() -> [RefusedRecord] {
    if events.deliveries.refused.isEmpty { return [] }
    defer { events.deliveries.refused = [] }
    return events.deliveries.refused
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
  /// From the firing of results to their reports, and from their own time.
  package var latencies: (sinceFired: LatencyBuckets, sinceEvent: LatencyBuckets) { (events.deliveries.sinceFired, events.deliveries.sinceEvent) }
  package var failed: Int64 { events.deliveries.failed }
  /// The latest delivery that failed and was not forgotten.
  package var latestFailure: KafkaError? { events.deliveries.latestFailure }
  /// What an aborted transaction did not deliver is no failure.
  package func forgetFailure() {
    events.deliveries.latestFailure = nil
    events.deliveries.refused = []
  }

  /// That brokers refused credentials or certificates, if they did since the last call.
  package func takeDenial() -> KafkaError? { events.takeDenial() }

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
    if let deadLetters { rd_kafka_topic_destroy(deadLetters) }
    rd_kafka_destroy(client)
  }

  deinit { close() }
}
