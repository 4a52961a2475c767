import KafkaClient
import RecordCodec
import StreamEngine

/// The writing end of a lane: results to records.
final class LaneSink {
  let producer: KafkaProducer
  /// Results on their way from the executor to the producer; at most 10,000 a pass.
  let results: ResultBatch
  private let encoder: ResultEncoder
  private let aggregationCount: Int
  private var headers: RecordHeaders
  /// Parity of the epoch that new records belong to; flipped at each snapshot.
  private(set) var parity = 0
  /// Records handed to the client since the lane began.
  private(set) var produced: Int64 = 0

  private enum Header: Int, CaseIterable {
    case eventTime, processingTime, windowStart, windowEnd, pipeline, contentType
  }

  static let resultsPerPass = 10_000

  /// Record timestamps are the wall clock, not the window's end.
  private let timestampNow: Bool

  init(producer: KafkaProducer, plan: PipelinePlan) {
    self.producer = producer
    let memberNames = plan.memberNames
    timestampNow = plan.resultTimestampNow
    aggregationCount = memberNames.count
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
    let value = encoder.encode(
      key: results.keys[index], keyLength: key.count, windowStart: start, windowEnd: end, revision: results.revisions[index],
      final: results.flags[index] & ResultBatch.early == 0, retracted: results.flags[index] & ResultBatch.retracted != 0,
      sequence: results.sequences[index],
      cellKinds: UnsafePointer(results.cellKinds + index * aggregationCount),
      cellBits: UnsafePointer(results.cellBits + index * aggregationCount))
    // Windows chain, and no broker refuses a time ahead of its clock.
    let timestamp = timestampNow ? now : max(1, min(end &- 1, now))
    let outcome = producer.produce(key: key, value: value, timestamp: timestamp, headers: headers, parity: parity)
    if case .queued = outcome { produced += 1 }
    return outcome
  }

  /// Records from here on belong to the next epoch. Those of the one before the last have all been reported by then.
  func beginEpoch() { parity ^= 1 }

  /// Records of the epoch before this one that have no delivery report yet.
  var outstandingBeforeEpoch: Int64 { producer.outstanding(parity: parity ^ 1) }
}
