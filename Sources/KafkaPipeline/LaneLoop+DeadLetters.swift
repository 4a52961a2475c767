import KafkaClient
import RecordCodec
import StreamEngine

/// Records and results that cannot be used, as the policy says.
extension LaneLoop {
  /// Longest time between two log lines about bad records.
  private static let badLogMs: Int64 = 10_000

  // MARK: Records

  /// The bad records of a run, all of one partition.
  func handleBad(_ source: LaneSource, _ run: Range<Int>, of partition: Int) throws(PipelineFailure) {
    for index in run {
      guard let failure = DecodeFailure(rawValue: source.status[index]) else { continue }
      noteBad(failure.reason, source.offsets[index], partition)
      counts.latestBadReason = failure.reason
      switch plan.errors.onDecodeError {
      case .skip: counts.skipped[Int(failure.rawValue)] += 1
      case .fail: throw refused(failure.reason, source.offsets[index], partition)
      case .deadLetter:
        counts.deadLettered.undecoded[Int(failure.rawValue)] += 1
        try bury(source.raw(index), code: failure.reason, message: "the record cannot be decoded: \(failure.reason)", source.offsets[index], partition)
      }
    }
  }

  /// The records of a run that came too late for every window.
  func handleLate(_ source: LaneSource, _ run: Range<Int>, of partition: Int) throws(PipelineFailure) {
    guard let outcomes = source.outcomes else { return }
    for index in run where outcomes[index] == RecordOutcome.lateDropped {
      counts.deadLettered.late += 1
      noteBad("late", source.offsets[index], partition)
      try bury(
        source.raw(index), code: "late", message: "the record came after the allowed lateness of all of its windows", source.offsets[index], partition)
    }
  }

  private func refused(_ reason: String, _ offset: Int64, _ partition: Int) -> PipelineFailure {
    let place = partitions[partition].partition
    return PipelineFailure(
      code: "kafka.record_refused", fault: .user, retryable: false,
      message: "the record at \(place.topic)/\(place.partition) offset \(offset) cannot be decoded: \(reason)",
      advice: "Correct what produces it, or set errors.on_decode_error to skip or dead_letter; the pipeline goes on from its last checkpoint.")
  }

  private func bury(_ record: RawRecord, code: String, message: String, _ offset: Int64, _ partition: Int) throws(PipelineFailure) {
    let place = partitions[partition].partition
    describe(record.headers, code: code, message: message)
    record.headers.add("source.topic", place.topic)
    record.headers.add("source.partition", String(place.partition))
    record.headers.add("source.offset", String(offset))
    // Without a time of its own the client gives it the present.
    try write(record.headers, valueSize: record.value?.count) { sink, withValue in
      sink.write(
        .deadLetters, key: record.key, value: withValue ? record.value : nil, timestamp: max(0, record.timestamp), headers: record.headers)
    }
  }

  private func describe(_ headers: HeaderList, code: String, message: String) {
    headers.add("error.code", code)
    headers.add("error.message", message)
    headers.add("pipeline", plan.name)
  }

  // MARK: Results

  /// A result that the client itself refuses.
  func handleRefused(_ sink: LaneSink, _ index: Int, _ error: KafkaError) throws(PipelineFailure) {
    guard plan.errors.onProduceError == .deadLetter, error.isOfRecord else {
      throw refusal(error, plan.kafka.outputTopic)
    }
    let result = sink.lastResult(index)
    counts.refusedResults += 1
    try bury(result: result.key, result.value, error, HeaderList(), parity: nil)
  }

  /// Results that the brokers refused since the last look. A batch is refused as a whole, so the first time says nothing about any one
  /// of its records: all of it comes again, one record a batch. No checkpoint waits for less than what is sent in place of a refused
  /// result: it counts with the records before it.
  func buryRefused(_ sink: LaneSink) throws(PipelineFailure) {
    for record in sink.producer.takeRefused() {
      let (key, value) = (record.key ?? [], record.value ?? [])
      if !sendsOneByOne {
        sendsOneByOne = true
        deliveryFailed = true
        throw PipelineFailure(
          code: "kafka.client_error", fault: .external, retryable: true,
          message: "the brokers refused a batch of results (\(record.error.name)); they come again one by one, to find which is meant",
          advice: "The pipeline goes on by itself.")
      }
      if plan.guarantee == .exactlyOnce {
        // The transaction cannot be committed any more: all of it comes again, and this one goes elsewhere then.
        if refusedResults.count < LaneSink.mostRefused { refusedResults[identity(key, value)] = record.error }
        deliveryFailed = true
        throw PipelineFailure(
          code: "kafka.client_error", fault: .external, retryable: true,
          message: "the brokers refused a record (\(record.error.name)); its transaction comes again without it", advice: "The pipeline goes on by itself.")
      }
      let parity = commitProtocol.phase == .delivering ? sink.parity ^ 1 : sink.parity
      if record.topic == .deadLetters {
        guard !value.isEmpty else { throw PipelineFailure(record.error, doing: "producing to \(deadLetterTopic)") }
        record.headers.add("error.value", "left out: \(value.count) bytes (\(record.error.name))")
        try write(key: record.key, value: nil, timestamp: max(0, record.timestamp), record.headers, parity: parity)
      } else {
        counts.refusedResults += 1
        noteBad("result refused: \(record.error.name)", nil, nil)
        try bury(result: key, value, record.error, record.headers, parity: parity)
      }
    }
  }

  private func bury(
    result key: [UInt8], _ value: [UInt8], _ error: KafkaError, _ headers: HeaderList, parity: Int?
  ) throws(PipelineFailure) {
    // What one topic finds too large another will too.
    let isCut = error.isTooLarge
    let why = "\(plan.kafka.outputTopic) did not take the result: \(error.message)"
    describe(headers, code: error.name, message: isCut ? "\(why); its value of \(value.count) bytes is left out" : why)
    headers.add("source.topic", plan.kafka.outputTopic)
    try write(key: key, value: isCut ? nil : value, timestamp: Clock.wallMs(), headers, parity: parity)
  }

  // MARK: Writing

  private var deadLetterTopic: String { plan.errors.deadLetterTopic ?? "" }

  private func write(
    key: [UInt8]?, value: [UInt8]?, timestamp: Int64, _ headers: HeaderList, parity: Int?
  ) throws(PipelineFailure) {
    try write(headers, valueSize: value?.count) { sink, withValue in
      (key ?? []).withUnsafeBytes { keyBytes in
        (value ?? []).withUnsafeBytes { valueBytes in
          sink.write(
            .deadLetters, key: key == nil ? nil : keyBytes, value: value == nil || !withValue ? nil : valueBytes, timestamp: timestamp,
            headers: headers, parity: parity)
        }
      }
    }
  }

  /// `attempt` is made until the client takes it; without its value once that is too large.
  private func write(
    _ headers: HeaderList, valueSize: Int?, _ attempt: (_ sink: LaneSink, _ withValue: Bool) -> KafkaProducer.Outcome
  ) throws(PipelineFailure) {
    guard let sink else { return }
    changed = true
    var withValue = true
    while true {
      try makeRoom(sink)
      switch attempt(sink, withValue) {
      case .queued: return hastenCommit()
      case .full: try waitForReports(sink)
      case .refused(let error):
        guard error.isTooLarge, withValue, let valueSize else { throw refusal(error, deadLetterTopic) }
        headers.add("error.value", "left out: \(valueSize) bytes (\(error.name))")
        withValue = false
      }
    }
  }

  private func identity(_ key: [UInt8], _ value: [UInt8]) -> UInt64 {
    key.withUnsafeBytes { key in value.withUnsafeBytes { LaneSink.identity(key, $0) } }
  }

  // MARK: Log

  private func noteBad(_ reason: String, _ offset: Int64?, _ partition: Int?) {
    badSinceLog += 1
    if latestBad == nil { latestBad = (reason, offset, partition.map { partitions[$0].partition }) }
  }

  /// The first bad record, then at most a line every ten seconds.
  func logBad(_ monotonic: Int64) {
    guard let bad = latestBad, monotonic - badLoggedAt >= Self.badLogMs else { return }
    let place = bad.place.map { " at \($0.topic)/\($0.partition) offset \(bad.offset ?? 0)" } ?? ""
    environment.log("warning", "lane \(lane.index): \(badSinceLog) bad since the last such line, the first\(place): \(bad.reason)")
    badLoggedAt = monotonic
    badSinceLog = 0
    latestBad = nil
  }
}
