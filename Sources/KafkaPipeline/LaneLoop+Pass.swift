import Glibc
import KafkaClient
import StreamEngine

extension LaneLoop {
  /// One turn of the loop.
  func pass() throws(PipelineFailure) {
    guard let source, let sink else { return }
    let taken = source.poll(timeoutMs: pollTimeout())
    let now = Clock.wallMs()
    let count = source.batch.count
    let bytes = source.batch.bytes
    if count > 0 { try process(source, count, now) } else { source.batch.release() }
    if taken == source.capacity || bytes >= Self.behindBytes { commits?.noteBehind() }
    // The end of a partition moves its offset past transaction markers.
    if taken > count { changed = true }
    sink.producer.poll(timeoutMs: 0)
    for shard in shards {
      if lane.manualWatermark > shard.manualWatermark {
        shard.manualWatermark = lane.manualWatermark
        shard.executor.setWatermark(shard.manualWatermark, input: nil)
        if shard.executor.hasPendingResults { try emit(shard, now) }
      }
      shard.executor.advance(now: now)
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
    if let rebalance = source.consumer.takeRebalance() { try answer(rebalance) }
    let monotonic = Clock.monotonicMs()
    polledMs += min(1_000, max(0, monotonic - lastPassAt))
    lastPassAt = monotonic
    try look(after: monotonic, now)
  }

  /// How long a poll may wait: until the next thing to do, at most `poll_timeout_ms`.
  private func pollTimeout() -> Int32 {
    if commitProtocol.phase != .idle { return 5 }
    return Int32(clamping: max(1, min(plan.kafka.pollTimeoutMs, plan.executor.earlyInterval ?? 1_000, 1_000)))
  }

  /// Decodes the batch, gives its buffers back and runs it through the executors.
  private func process(_ source: LaneSource, _ count: Int, _ now: Int64) throws(PipelineFailure) {
    changed = true
    try wakeIdle(source, count, now)
    source.begin()
    while source.decodeNext(latestTimestamp: now + Self.futureLimitMs) { try processChunk(source, now) }
    for shard in shards where shard.touched {
      shard.touched = false
      shard.executor.endBatch()
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
    if delayPerRecordNs > 0 {
      let until = Clock.monotonicNs() + delayPerRecordNs * Int64(count)
      while Clock.monotonicNs() < until {}
    }
  }

  /// Runs decoded records through the executors.
  private func processChunk(_ source: LaneSource, _ now: Int64) throws(PipelineFailure) {
    let count = source.count
    counts.consumed += Int64(count)
    countFailures(source.status, count, &counts.skipped)
    let partitionOf = source.partitions
    var begin = 0
    while begin < count {
      let partition = partitionOf[begin]
      let end = endOfRun(partitionOf, begin, count)
      try process(source, run: begin..<end, of: Int(partition), now)
      begin = end
    }
  }

  /// Before a batch in which idle partitions return: whatever of their shards has unread records is idle no more either.
  /// Otherwise the one that is fetched first would run event time to its own end, and make the others' records late.
  private func wakeIdle(_ source: LaneSource, _ count: Int, _ now: Int64) throws(PipelineFailure) {
    let idle = partitions.indices.filter(isIdle)
    if idle.isEmpty { return }
    var waking: Set<Int> = []
    var begin = 0
    while begin < count {
      let partition = Int(source.batch.partitions[begin])
      if partition < partitions.count && isIdle(partition) { waking.insert(partition) }
      begin = endOfRun(source.batch.partitions, begin, count)
    }
    let positions = source.consumer.assignment.positions
    if !waking.isEmpty {
      // After a quiet time a burst comes to all partitions at once, but not at the same millisecond.
      if idle.count == partitions.count { usleep(Self.burstPauseUs) }
      let ends = try? sink?.producer.logOffsets(idle.map { partitions[$0].partition }, at: .end, timeoutMs: Self.wakeAskMs)
      for (place, index) in idle.enumerated() {
        let end = ends.flatMap { place < $0.count ? $0[place].offset : nil }
        // No answer, not idle.
        if end != positions[index] { waking.insert(index) }
      }
      lane.beat()
    } else {
      // What the last fetch told costs no question.
      for index in idle where (source.consumer.cachedEnd(partitions[index].partition) ?? 0) > positions[index] {
        waking.insert(index)
      }
    }
    for (number, shard) in shards.enumerated() {
      let inputs = waking.filter { shardOf[$0] == number }.map { Int(inputOf[$0]) }
      if inputs.isEmpty { continue }
      shard.executor.markActive(inputs)
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
  }

  /// `index`: of an assigned partition.
  func isIdle(_ index: Int) -> Bool { shards[shardOf[index]].executor.inputTime(Int(inputOf[index])).idle }

  /// A run of records of one partition.
  private func process(
    _ source: LaneSource, run: Range<Int>, of partition: Int, _ now: Int64
  ) throws(PipelineFailure) {
    guard partition < partitions.count, shardOf[partition] < shards.count else { return }
    partitions[partition].lastPolledMs = polledMs
    partitions[partition].lastRecordAt = now
    let shard = shards[shardOf[partition]]
    let input = inputOf[partition]
    shard.lastRecordAt[Int(input)] = now
    shard.touched = true
    for index in run { source.inputs[index] = input }
    var columns = RecordColumns(
      count: run.upperBound, inputs: source.inputs, offsets: source.offsets, timestamps: source.timestamps,
      keys: source.keys, keyLengths: source.keyLengths, status: source.status, cellKinds: source.cellKinds,
      cellBits: source.cellBits, stride: source.capacity)
    columns.events = source.events
    columns.watermarks = source.watermarks.map { UnsafePointer($0) }
    var next = run.lowerBound
    while next < run.upperBound {
      do throws(StateLimitExceeded) {
        next = try shard.executor.process(columns, from: next, to: run.upperBound, now: now)
      } catch {
        throw Self.limitExceeded(error)
      }
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
  }

  /// Sends all that an executor has to say. A full queue is back pressure: wait for reports, then go on.
  func emit(_ shard: Shard, _ now: Int64) throws(PipelineFailure) {
    guard let sink else { return }
    while shard.executor.hasPendingResults {
      sink.results.removeAll()
      do throws(StateLimitExceeded) { try shard.executor.drainResults(into: sink.results) } catch {
        throw Self.limitExceeded(error)
      }
      for index in 0..<sink.results.count {
        sending: while true {
          switch sink.send(index, now: now) {
          case .queued: break sending
          case .refused(let error): throw PipelineFailure(error, doing: "producing to \(plan.kafka.outputTopic)")
          case .full:
            sink.producer.poll(timeoutMs: 50)
            lane.beat()
            if lane.isAbandoned { throw Self.abandoned }
            try checkDeliveries(sink)
          }
        }
      }
      changed = true
      sink.producer.poll(timeoutMs: 0)
      lane.beat()
    }
    sink.results.removeAll()
    shard.executor.forgetResults()
  }

  /// What goes by time and by others' answers: commits, idleness, failures, the published copy.
  private func look(after monotonic: Int64, _ now: Int64) throws(PipelineFailure) {
    try stepCheckpoint(monotonic)
    if let sink { try checkDeliveries(sink) }
    if let fatal = source?.consumer.errors.fatal { throw PipelineFailure(fatal, doing: "reading") }
    if let fatal = sink?.producer.errors.fatal { throw PipelineFailure(fatal, doing: "producing") }
    lane.beat()
    if monotonic - lastPublishedAt >= publishIntervalMs {
      lastPublishedAt = monotonic
      try checkMemory()
      askForIdle()
      try controlDrift()
      publish(now)
    }
    try emitEarly(monotonic, now)
  }

  /// Sends what open windows hold so far, where the spec wants that.
  private func emitEarly(_ monotonic: Int64, _ now: Int64) throws(PipelineFailure) {
    guard let interval = plan.executor.earlyInterval, monotonic >= nextEarlyAt else { return }
    nextEarlyAt = monotonic + interval
    for shard in shards {
      shard.executor.emitEarly(now: now)
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
  }

  /// Each executor holds the limits by itself; together the shards of a pipeline have one, in equal parts for its lanes.
  private func checkMemory() throws(PipelineFailure) {
    let limit = plan.executor.maxStateBytes / max(1, plan.parallelism)
    let used = shards.reduce(0) { $0 + $1.executor.stateBytes }
    if used > limit {
      throw Self.limitExceeded("the windows of lane \(lane.index) take \(used) bytes, of \(limit) allowed by limits.max_state_bytes")
    }
  }

  static func limitExceeded(_ exceeded: StateLimitExceeded) -> PipelineFailure {
    limitExceeded("\(exceeded.message) (limits.\(exceeded.limit))")
  }

  private static func limitExceeded(_ message: String) -> PipelineFailure {
    PipelineFailure(
      code: "state.limit_exceeded", fault: .user, retryable: false, message: message,
      advice: "Raise the limit in the spec, or use fewer keys or shorter windows; the last checkpoint is intact.")
  }

  /// Throws if a result was not delivered: the lane goes back to its checkpoint then.
  func checkDeliveries(_ sink: LaneSink) throws(PipelineFailure) {
    guard sink.producer.failed > 0, let error = sink.producer.latestFailure else { return }
    deliveryFailed = true
    throw PipelineFailure(error, doing: "delivering results to \(plan.kafka.outputTopic)")
  }
}

/// Where the run of one partition that begins at `begin` ends.
private func endOfRun(_ partitions: UnsafePointer<Int32>, _ begin: Int, _ count: Int) -> Int {
  var end = begin + 1
  while end < count && partitions[end] == partitions[begin] { end += 1 }
  return end
}

/// Counts bad records by reason; `counts` has one entry per value of the status byte.
private func countFailures(_ status: UnsafePointer<UInt8>, _ count: Int, _ counts: inout [Int64]) {
  for index in 0..<count where status[index] != 0 {
    let reason = Int(status[index])
    if reason < counts.count { counts[reason] += 1 }
  }
}
