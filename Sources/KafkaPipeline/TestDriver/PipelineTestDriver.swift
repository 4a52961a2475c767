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
  let decoder: any RecordDecoding
  /// Where a record holds many lines: each is a record.
  let splitter: LineSplitter?
  let buffers: ColumnBuffers
  var shards: [ShardRunner] = []
  var partitions: [Partition] = []
  var counts = KafkaStreamStats()
  /// Counters of executors before the last `restore`.
  private var earlier = ExecutorCounters()

  /// The wall clock, Unix ms.
  public internal(set) var now: Int64
  /// Every result so far that `takeResults` has not taken, in the order in which they came out.
  public internal(set) var results: [WindowResult] = []
  /// Records that came after their window was let go. Of JSON Lines each is one line, as among the skipped ones.
  public internal(set) var lateRecords: [TestRecord] = []
  /// Records that cannot be used, with the reason's word in statistics, such as `missing_key`.
  public internal(set) var skippedRecords: [(record: TestRecord, reason: String)] = []

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
    splitter = plan.decoder.format == .jsonLines ? LineSplitter(capacity: plan.bufferSize) : nil
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
        try run(batch)
        batch = []
      }
    }
    if !batch.isEmpty { try run(batch) }
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
      throw Self.unfit(0, "it is of another number of partitions")
    }
    var restored: [ShardRunner] = []
    for (number, state) in snapshot.shards.enumerated() {
      var state = state
      for partition in partitions where partition.shard == number && partition.hasUnread { state.wake(partition.input) }
      do throws(StateDamaged) {
        restored.append(ShardRunner(try ShardExecutor(configuration: plan.executor, restoring: state), names: plan.memberNames))
      } catch { throw Self.unfit(number, error.message) }
    }
    for shard in shards { earlier.add(shard.executor.counters) }
    shards = restored
    for index in partitions.indices {
      partitions[index].next = snapshot.nextOffsets[index]
      partitions[index].lastRecordAt = now
    }
  }

  private static func unfit(_ shard: Int, _ why: String) -> PipelineFailure {
    PipelineFailure(
      code: "state.damaged", fault: .user, retryable: false, message: "the snapshot of shard \(shard) cannot be used: \(why)",
      advice: "Restore a snapshot of a driver of the same pipeline with the same partitions.")
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
