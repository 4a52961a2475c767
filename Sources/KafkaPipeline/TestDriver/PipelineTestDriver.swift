import RecordCodec
public import StreamEngine

/// Runs a pipeline by hand: records are fed one batch at a time, the wall clock moves only when it is told to, results are read from
/// a list. No broker, no thread, no waiting: for tests of pipelines.
///
/// The rules are those of a running pipeline: records are decoded by its decoder, each partition has its watermark, a partition that
/// is quiet for the idle timeout (of the clock that is moved by hand) and has nothing unread is idle, and while all are idle event
/// time goes on with the clock. What is fed counts as read at once; `setUnread` says that more is in the log.
public final class PipelineTestDriver {
  struct Partition {
    var next: Int64 = 0
    /// `now` when the last record came.
    var lastRecordAt: Int64
    var hasUnread = false
    var shard: Int
    var input: Int
  }

  let plan: PipelinePlan
  private let decoder: any RecordDecoding
  private let buffers: ColumnBuffers
  var shards: [ShardRunner] = []
  var partitions: [Partition] = []
  private var counts = KafkaStreamStats()
  /// Counters of executors before the last `restore`.
  private var earlier = ExecutorCounters()

  /// The wall clock, Unix ms.
  public internal(set) var now: Int64
  /// Every result so far that `takeResults` has not taken, in the order in which they came out.
  public internal(set) var results: [WindowResult] = []
  /// Records that came after their window was let go.
  public private(set) var lateRecords: [TestRecord] = []
  /// Records that cannot be used, with the reason's word in statistics, such as `missing_key`.
  public private(set) var skippedRecords: [(record: TestRecord, reason: String)] = []

  /// 2100-01-01: later than the events of tests, so that none lies ahead of the clock.
  public static let defaultNow: Int64 = 4_102_444_800_000

  /// Drives the pipeline of an executor; events that it holds already stay in it.
  ///
  /// - Parameters:
  ///   - partitions: of the input, numbered from 0.
  ///   - now: the wall clock at the start, Unix ms. An event too far ahead of it moves no watermark, as in a running pipeline.
  ///   - decode: makes an event of a record's value; what it throws makes the record a skipped one.
  public convenience init<Event: StreamEvent>(
    executor: StreamExecutor<Event>, partitions: Int = 1, keyScope: KeyScope = .global, now: Int64 = defaultNow,
    decode: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Event
  ) throws(InvalidPipeline) {
    let options = KafkaStreamOptions(keyScope: keyScope)
    self.init(plan: try PipelinePlan(executor.pipeline, KafkaStreamConfig(), options, decode), partitions: partitions, now: now)
  }

  package init(plan: PipelinePlan, partitions: Int = 1, now: Int64 = defaultNow) {
    self.plan = plan
    self.now = now
    decoder = plan.makeDecoder()
    buffers = ColumnBuffers(capacity: plan.bufferSize, fieldCount: plan.executor.fieldCount)
    for partition in 0..<max(1, partitions) {
      let isShared = plan.scope == .global
      self.partitions.append(Partition(lastRecordAt: now, shard: isShared ? 0 : partition, input: isShared ? partition : 0))
    }
    for inputs in inputsOfShards {
      shards.append(ShardRunner(ShardExecutor(configuration: plan.executor, inputs: inputs), names: plan.memberNames))
    }
  }

  /// Partitions of each shard.
  private var inputsOfShards: [Int] {
    plan.scope == .global ? [partitions.count] : partitions.map { _ in 1 }
  }

  // MARK: Feeding

  /// Feeds records in that order, as one batch; batches of more than the buffer size are cut. A record below the next offset of its
  /// partition was read before and is passed over, as by a consumer.
  ///
  /// - Throws: `PipelineFailure` with the code `state.limit_exceeded`; the driver is of no use then.
  public func feed(_ records: [TestRecord]) throws(PipelineFailure) {
    var batch: [TestRecord] = []
    for var record in records {
      precondition(partitions.indices.contains(record.partition), "there is no partition \(record.partition)")
      let offset = record.offset ?? partitions[record.partition].next
      guard offset >= partitions[record.partition].next else { continue }
      partitions[record.partition].next = offset &+ 1
      record.offset = offset
      batch.append(record)
      if batch.count == buffers.capacity {
        try process(batch)
        batch = []
      }
    }
    if !batch.isEmpty { try process(batch) }
  }

  public func feed(_ record: TestRecord) throws(PipelineFailure) { try feed([record]) }

  /// - Parameters:
  ///   - offset: nil: the next one of its partition.
  ///   - timestamp: Kafka's own, ms; nil: none.
  public func feed(
    _ value: String, key: String? = nil, partition: Int = 0, offset: Int64? = nil, timestamp: Int64? = nil
  ) throws(PipelineFailure) {
    try feed(TestRecord(value, key: key, partition: partition, offset: offset, timestamp: timestamp))
  }

  private func process(_ batch: [TestRecord]) throws(PipelineFailure) {
    decode(batch)
    counts.messagesConsumed += Int64(batch.count)
    wakeIdle(batch)
    let columns = buffers.columns(batch.count, events: decoder.events)
    var touched: Set<Int> = []
    var begin = 0
    while begin < batch.count {
      let number = batch[begin].partition
      let end = batch[begin...].firstIndex { $0.partition != number } ?? batch.count
      partitions[number].lastRecordAt = now
      touched.insert(partitions[number].shard)
      try within { () throws(StateLimitExceeded) in
        try shards[partitions[number].shard].process(columns, begin..<end, now: now, into: &results)
      }
      begin = end
    }
    for shard in touched.sorted() {
      try within { () throws(StateLimitExceeded) in try shards[shard].endBatch(into: &results) }
    }
    note(batch)
  }

  /// A limit that is passed is a pipeline's failure.
  func within(_ body: () throws(StateLimitExceeded) -> Void) throws(PipelineFailure) {
    do throws(StateLimitExceeded) { try body() } catch { throw LaneLoop.limitExceeded(error.message) }
  }

  private func decode(_ batch: [TestRecord]) {
    for (index, record) in batch.enumerated() {
      buffers.inputs[index] = Int32(partitions[record.partition].input)
      buffers.offsets[index] = record.offset ?? 0
    }
    // One block for the bytes of all, so that they have addresses while they are decoded; one more, so that it is never empty.
    var bytes: [UInt8] = []
    for record in batch { bytes += (record.key ?? []) + (record.value ?? []) }
    bytes.append(0)
    bytes.withUnsafeBufferPointer { block in
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
      decode(
        batch.count, values, batch.map { Int32($0.value?.count ?? 0) }, keys, batch.map { Int32($0.key?.count ?? 0) },
        batch.map { $0.timestamp ?? -1 })
    }
  }

  private func decode(
    _ count: Int, _ values: UnsafePointer<UnsafePointer<UInt8>?>, _ valueLengths: UnsafePointer<Int32>,
    _ keys: UnsafePointer<UnsafePointer<UInt8>?>, _ keyLengths: UnsafePointer<Int32>, _ timestamps: UnsafePointer<Int64>
  ) {
    var columns = RecordBatchColumns(
      count: count, values: values, valueLengths: valueLengths, recordKeys: keys, recordKeyLengths: keyLengths,
      recordTimestamps: timestamps, timestamps: buffers.timestamps, keys: buffers.keys, keyLengths: buffers.keyLengths,
      status: buffers.status, cellKinds: buffers.cellKinds, cellBits: buffers.cellBits, stride: buffers.capacity)
    columns.watermarks = buffers.watermarks
    decoder.decode(columns, latestTimestamp: now + LaneLoop.futureLimitMs)
  }

  /// Notes what became of each record.
  private func note(_ batch: [TestRecord]) {
    for (index, record) in batch.enumerated() {
      if let failure = DecodeFailure(rawValue: buffers.status[index]) {
        skippedRecords.append((record, failure.reason))
        counts.skipped[failure.reason, default: 0] += 1
        counts.consumeErrors += 1
      }
      if buffers.outcomes[index] == RecordOutcome.lateDropped { lateRecords.append(record) }
    }
  }

  // MARK: Reading

  /// The results since the last call.
  public func takeResults() -> [WindowResult] {
    defer { results = [] }
    return results
  }

  /// Event time has come so far; of several shards the slowest's. nil: before the first record.
  public var watermark: EventTime? {
    let all = shards.map(\.executor.watermark)
    return all.contains(nil) ? nil : all.compactMap { $0 }.min().map { EventTime(milliseconds: $0) }
  }

  /// That partition's own; nil before its first record.
  public func watermark(ofPartition partition: Int) -> EventTime? {
    time(of: partition).watermark.map { EventTime(milliseconds: $0) }
  }

  public func isIdle(partition: Int) -> Bool { time(of: partition).idle }

  private func time(of partition: Int) -> InputTime {
    shards[partitions[partition].shard].executor.inputTime(partitions[partition].input)
  }

  /// As of a running pipeline; what only Kafka knows is 0 or nil. `messagesConsumed` is the sum of `onTime`, `lateAccepted`,
  /// `lateDropped`, `filtered` and `skipped`.
  public var stats: KafkaStreamStats {
    var executors = earlier
    for shard in shards { executors.add(shard.executor.counters) }
    var stats = counts
    stats.setExecutors(executors)
    for shard in shards { stats.add(shard.executor) }
    return stats
  }

  // MARK: Checkpoints

  /// What a checkpoint would hold now.
  public func snapshot() -> PipelineTestSnapshot {
    PipelineTestSnapshot(nextOffsets: partitions.map(\.next), shards: shards.map { $0.executor.snapshot(full: true) })
  }

  /// Goes back to a snapshot of a driver of the same pipeline and partitions, as a process does that starts again: windows,
  /// watermarks and next offsets are those of the snapshot. Results that came out stay in the list, and the clock stays.
  ///
  /// - Throws: `PipelineFailure` with the code `state.damaged` if it does not fit.
  public func restore(from snapshot: PipelineTestSnapshot) throws(PipelineFailure) {
    guard snapshot.shards.count == shards.count, snapshot.nextOffsets.count == partitions.count else {
      throw ShardLoad.damaged(0, "it is of another number of partitions")
    }
    var restored: [ShardRunner] = []
    for (number, state) in snapshot.shards.enumerated() {
      var state = state
      for partition in partitions where partition.shard == number && partition.hasUnread { state.wake(partition.input) }
      do throws(StateDamaged) {
        restored.append(ShardRunner(try ShardExecutor(configuration: plan.executor, restoring: state), names: plan.memberNames))
      } catch { throw ShardLoad.damaged(Int32(number), error.message) }
    }
    for shard in shards { earlier.add(shard.executor.counters) }
    shards = restored
    for index in partitions.indices {
      partitions[index].next = snapshot.nextOffsets[index]
      partitions[index].lastRecordAt = now
    }
  }
}

extension ShardState {
  /// An idle flag counts only where nothing is unread.
  fileprivate mutating func wake(_ input: Int) {
    inputs[input].idle = false
    allIdleSince = nil
    allIdleWatermark = nil
  }
}
