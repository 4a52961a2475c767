import RecordCodec
import StreamEngine

extension PipelineTestDriver {
  /// Runs records that have their offsets as one batch.
  func run(_ batch: [TestRecord]) throws(PipelineFailure) {
    try wakeIdle(batch)
    var touched: Set<Int> = []
    try withPointers(batch) { (records: RecordPointers) throws(PipelineFailure) in
      guard let splitter else { return try run(chunk: records, &touched) }
      splitter.begin()
      while splitter.next(records) {
        try run(
          chunk: RecordPointers(
            count: splitter.count, values: splitter.values, valueLengths: splitter.valueLengths, keys: splitter.keys,
            keyLengths: splitter.keyLengths, timestamps: splitter.timestamps, offsets: splitter.offsets, partitions: splitter.partitions),
          &touched)
      }
    }
    for shard in touched.sorted() {
      try within { () throws(StateLimitExceeded) in try shards[shard].endBatch(into: &results) }
    }
  }

  /// The batch as the client hands it over; the pointers are good inside `body`.
  private func withPointers(_ batch: [TestRecord], _ body: (RecordPointers) throws(PipelineFailure) -> Void) throws(PipelineFailure) {
    // One block for the bytes of all, so that they have addresses; one more, so that it is never empty.
    var bytes: [UInt8] = []
    for record in batch { bytes += (record.key ?? []) + (record.value ?? []) }
    bytes.append(0)
    try bytes.withUnsafeBufferPointer { (block) throws(PipelineFailure) in
      guard var at = block.baseAddress else { return }
      func place(_ bytes: [UInt8]?) -> UnsafePointer<UInt8>? {
        defer { at += bytes?.count ?? 0 }
        return bytes == nil ? nil : at
      }
      var (keys, values): ([UnsafePointer<UInt8>?], [UnsafePointer<UInt8>?]) = ([], [])
      for record in batch {
        keys.append(place(record.key))
        values.append(place(record.value))
      }
      // Arrays as pointers are good for this one call.
      try pass(
        batch.count, values, batch.map { Int32($0.value?.count ?? 0) }, keys, batch.map { Int32($0.key?.count ?? 0) },
        batch.map { $0.timestamp ?? -1 }, batch.map { $0.offset ?? 0 }, batch.map { Int32($0.partition) }, to: body)
    }
  }

  private func pass(
    _ count: Int, _ values: UnsafePointer<UnsafePointer<UInt8>?>, _ valueLengths: UnsafePointer<Int32>,
    _ keys: UnsafePointer<UnsafePointer<UInt8>?>, _ keyLengths: UnsafePointer<Int32>, _ timestamps: UnsafePointer<Int64>,
    _ offsets: UnsafePointer<Int64>, _ partitions: UnsafePointer<Int32>, to body: (RecordPointers) throws(PipelineFailure) -> Void
  ) throws(PipelineFailure) {
    try body(
      RecordPointers(
        count: count, values: values, valueLengths: valueLengths, keys: keys, keyLengths: keyLengths, timestamps: timestamps,
        offsets: offsets, partitions: partitions))
  }

  /// Decodes records and runs them through their shards.
  private func run(chunk records: RecordPointers, _ touched: inout Set<Int>) throws(PipelineFailure) {
    decode(records)
    counts.messagesConsumed += Int64(records.count)
    let columns = buffers.columns(records.count, events: decoder.events)
    var begin = 0
    while begin < records.count {
      let number = Int(records.partitions[begin])
      var end = begin + 1
      while end < records.count && Int(records.partitions[end]) == number { end += 1 }
      partitions[number].lastRecordAt = now
      touched.insert(partitions[number].shard)
      try within { () throws(StateLimitExceeded) in
        try shards[partitions[number].shard].process(columns, begin..<end, now: now, into: &results)
      }
      begin = end
    }
    for index in 0..<records.count { note(records, index) }
  }

  private func decode(_ records: RecordPointers) {
    for index in 0..<records.count {
      buffers.inputs[index] = Int32(partitions[Int(records.partitions[index])].input)
      buffers.offsets[index] = records.offsets[index]
    }
    var columns = RecordBatchColumns(
      count: records.count, values: records.values, valueLengths: records.valueLengths, recordKeys: records.keys,
      recordKeyLengths: records.keyLengths, recordTimestamps: records.timestamps, timestamps: buffers.timestamps, keys: buffers.keys,
      keyLengths: buffers.keyLengths, status: buffers.status, cellKinds: buffers.cellKinds, cellBits: buffers.cellBits,
      stride: buffers.capacity)
    columns.watermarks = buffers.watermarks
    decoder.decode(columns, latestTimestamp: now + LaneLoop.futureLimitMs)
  }

  /// Notes what became of a record.
  private func note(_ records: RecordPointers, _ index: Int) {
    let failure = DecodeFailure(rawValue: buffers.status[index])
    let isLate = buffers.outcomes[index] == RecordOutcome.lateDropped
    guard failure != nil || isLate else { return }
    func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int32) -> [UInt8]? {
      start.map { Array(UnsafeBufferPointer(start: $0, count: Int(count))) }
    }
    let record = TestRecord(
      value: bytes(records.values[index], records.valueLengths[index]), key: bytes(records.keys[index], records.keyLengths[index]),
      partition: Int(records.partitions[index]), offset: records.offsets[index],
      timestamp: records.timestamps[index] < 0 ? nil : records.timestamps[index])
    if isLate { lateRecords.append(record) }
    if let failure {
      skippedRecords.append((record, failure.reason))
      counts.skipped[failure.reason, default: 0] += 1
      counts.consumeErrors += 1
    }
  }

  /// A limit that is passed is a pipeline's failure.
  func within(_ body: () throws(StateLimitExceeded) -> Void) throws(PipelineFailure) {
    do throws(StateLimitExceeded) { try body() } catch { throw LaneLoop.limitExceeded(error) }
  }
}
