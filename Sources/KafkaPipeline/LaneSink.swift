import KafkaClient
import RecordCodec
import StreamEngine

/// The writing end of a lane: results to records.
final class LaneSink {
  let producer: KafkaProducer
  /// Results on their way from the executor to the producer; at most 10,000 a pass.
  let results: ResultBatch
  private let encoder: ResultEncoder
  private var headers: RecordHeaders
  /// Parity of the epoch that new records belong to; flipped at each snapshot.
  private(set) var parity = 0
  /// Records handed to the client since the lane began.
  private(set) var produced: Int64 = 0

  private enum Header: Int, CaseIterable {
    case eventTime, processingTime, windowStart, windowEnd, pipeline, contentType
  }

  static let resultsPerPass = 10_000

  /// Outputs go to `held` instead of the client.
  var isHolding = false
  let held = HeldRecords(limit: LaneSink.heldBytes)
  private static let heldBytes = 32 << 20
  /// A larger record is not held: whether the client takes it must be known when it is sent.
  private let largestHeld: Int

  /// Record timestamps are the wall clock, not the window's end.
  private let timestampNow: Bool

  init(producer: KafkaProducer, plan: PipelinePlan) {
    self.producer = producer
    let memberNames = plan.memberNames
    timestampNow = plan.resultTimestampNow
    let largest = plan.kafka.producerProperties["message.max.bytes"].flatMap { Int($0) } ?? 1_000_000
    largestHeld = min(65_536, largest / 4)
    results = ResultBatch(capacity: Self.resultsPerPass, aggregationCount: memberNames.count)
    encoder = ResultEncoder(memberNames: memberNames, writesFinal: plan.executor.earlyInterval != nil)
    headers = RecordHeaders(["event_time", "processing_time", "window_start", "window_end", "pipeline", "content-type"])
    headers.set(Header.pipeline.rawValue, plan.name)
    headers.set(Header.contentType.rawValue, "application/json")
  }

  /// Hands result `index` to the client. `now`: Unix ms.
  func send(_ index: Int, now: Int64) -> KafkaProducer.Outcome {
    let start = results.windowStarts[index]
    let end = results.windowEnds[index]
    headers.set(Header.eventTime.rawValue) { RFC3339.write(milliseconds: end, into: $0) }
    headers.set(Header.processingTime.rawValue) { RFC3339.write(milliseconds: now, into: $0) }
    headers.set(Header.windowStart.rawValue) { DecimalText.write(start, into: $0) }
    headers.set(Header.windowEnd.rawValue) { DecimalText.write(end, into: $0) }
    let key = UnsafeRawBufferPointer(start: results.keys[index], count: Int(results.keyLengths[index]))
    let value = encode(index)
    lastValue = value
    if !refused.isEmpty, let error = refused[Self.identity(key, value)] { return .refused(error) }
    // Windows chain, and no broker refuses a time ahead of its clock.
    let timestamp = timestampNow ? now : max(1, min(end &- 1, now))
    if isHolding, key.count + value.count > largestHeld { return .full }
    let outcome =
      isHolding
      ? producer.hold(in: held, key: key, value: value, timestamp: timestamp, headers: headers, firedAt: now)
      : producer.produce(key: key, value: value, timestamp: timestamp, headers: headers, parity: parity, firedAt: now)
    if case .queued = outcome { produced += 1 }
    return outcome
  }

  /// The value of the result that `send` was last asked for; valid until the next call.
  private(set) var lastValue = UnsafeRawBufferPointer(start: nil, count: 0)

  // MARK: Dead letters

  /// Results that the brokers refused when they were part of a transaction: on the way again they go elsewhere.
  var refused: [UInt64: KafkaError] = [:]
  static let mostRefused = 10_000

  /// Any record; the headers are used up once it is queued.
  func write(
    _ topic: OutputTopic, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64, headers: HeaderList, parity: Int? = nil
  ) -> KafkaProducer.Outcome {
    if isHolding, (key?.count ?? 0) + (value?.count ?? 0) > largestHeld { return .full }
    return isHolding
      ? producer.hold(in: held, topic: topic, key: key, value: value, timestamp: timestamp, headers: headers)
      : producer.produce(to: topic, key: key, value: value, timestamp: timestamp, headers: headers, parity: parity ?? self.parity)
  }

  /// The result that `send` was last asked for, as a record.
  func lastResult(_ index: Int) -> (key: [UInt8], value: [UInt8]) {
    let key = Array(UnsafeRawBufferPointer(start: results.keys[index], count: Int(results.keyLengths[index])))
    return (key, Array(encode(index)))
  }

  /// Of a result, whatever its headers.
  static func identity(_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> UInt64 {
    var hash = FNV1a()
    for part in [key, value] {
      hash.add(UInt64(part?.count ?? 0))
      hash.add(part ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return hash.value
  }

  /// The first one that is held, to the client.
  func sendHeld() -> KafkaProducer.Outcome { producer.produce(from: held, parity: parity) }

  /// Valid until the next call.
  private func encode(_ index: Int) -> UnsafeRawBufferPointer {
    encoder.encode(results, index)
  }

  /// Records from here on belong to the next epoch. Those of the one before the last have all been reported by then.
  func beginEpoch() { parity ^= 1 }

  /// Records of the epoch before this one that have no delivery report yet.
  var outstandingBeforeEpoch: Int64 { producer.outstanding(parity: parity ^ 1) }
}
