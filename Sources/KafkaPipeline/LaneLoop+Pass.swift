import Glibc
import KafkaClient
import StreamEngine

extension LaneLoop {
  /// One turn of the loop.
  func pass() throws(PipelineFailure) {
    guard let source, let sink else { return }
    try followPause()
    let taken = source.poll(timeoutMs: pollTimeout())
    try proveMembership()
    if let replaced = source.consumer.assignment.replaced {
      throw LogBounds.recreated(
        replaced, "\(replaced.topic)/\(replaced.partition) holds another record where the last one was read: the topic was made anew")
    }
    let now = Clock.wallMs()
    let count = source.batch.count
    let bytes = source.batch.bytes
    if count > 0 { try process(source, count, now) } else { source.batch.release() }
    if taken == source.capacity || bytes >= Self.behindBytes { commits?.noteBehind() }
    // The end of a partition moves its offset past transaction markers.
    if taken > count { changed = true }
    try advanceReplays()
    serveReports(sink)
    // What is paused stands still in event time too: what comes meanwhile must not be late when it is read.
    try noteArrivals(now)
    for shard in shards where !shard.isReplaying && !isPaused && !shard.isAtEnd {
      if lane.manualWatermark > shard.manualWatermark {
        shard.manualWatermark = lane.manualWatermark
        shard.executor.setWatermark(shard.manualWatermark, input: nil)
        if shard.executor.hasPendingResults { try emit(shard, now) }
      }
      shard.executor.advance(now: now)
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
    if let rebalance = source.consumer.takeRebalance() {
      try answer(rebalance)
      lastAliveAt = Clock.monotonicMs()
    }
    let monotonic = Clock.monotonicMs()
    if !isPaused { polledMs += min(1_000, max(0, monotonic - lastPassAt)) }
    lastPassAt = monotonic
    try look(after: monotonic, now)
    try answerQuestion()
  }

  /// How long a poll may wait: until the next thing to do, at most `poll_timeout_ms`.
  private func pollTimeout() -> Int32 {
    if commitProtocol.phase != .idle { return 5 }
    if lane.hasQuestions { return 1 }
    // Readers wait for what is in an open transaction.
    let commitIn = commitProtocol.isOpen ? nextCheckpointAt - Clock.monotonicMs() : 1_000
    return Int32(clamping: max(1, min(plan.kafka.pollTimeoutMs, plan.executor.earlyInterval ?? 1_000, commitIn, 1_000)))
  }

  /// Decodes the batch, gives its buffers back and runs it through the executors.
  private func process(_ source: LaneSource, _ count: Int, _ now: Int64) throws(PipelineFailure) {
    changed = true
    try wakeIdle(source, count, now)
    source.begin()
    while source.decodeNext(latestTimestamp: now + Self.futureLimitMs) { try processChunk(source, now) }
    for shard in shards where shard.touched {
      shard.touched = false
      if shard.isReplaying { continue }
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
    let idle = partitions.indices.filter { isIdle($0) && !arrived.contains($0) && !shards[shardOf[$0]].isReplaying }
    if idle.isEmpty { return }
    var waking: Set<Int> = []
    var begin = 0
    while begin < count {
      let partition = Int(source.batch.partitions[begin])
      if partition < partitions.count && idle.contains(partition) { waking.insert(partition) }
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
    // Records that come again were counted the first time.
    if !shard.isReplaying {
      counts.consumed += Int64(run.count)
      if hasFailures(source.status, run) { try handleBad(source, run, of: partition) }
    }
    shard.lastRecordAt[Int(input)] = now
    shard.touched = true
    if !shard.gaps.isEmpty, !shard.isReplaying { shard.boundGaps(Int(input), firstTime: source.timestamps[run.lowerBound]) }
    for index in run { source.inputs[index] = input }
    var columns = RecordColumns(
      count: run.upperBound, inputs: source.inputs, offsets: source.offsets, timestamps: source.timestamps,
      keys: source.keys, keyLengths: source.keyLengths, status: source.status, cellKinds: source.cellKinds,
      cellBits: source.cellBits, stride: source.capacity)
    columns.events = source.events
    columns.watermarks = source.watermarks.map { UnsafePointer($0) }
    columns.outcomes = source.outcomes
    var next = run.lowerBound
    while next < run.upperBound {
      do throws(StateLimitExceeded) {
        next = try shard.executor.process(columns, from: next, to: run.upperBound, now: now)
      } catch {
        throw Self.limitExceeded(error)
      }
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
    if !shard.isReplaying { try handleLate(source, run, of: partition) }
  }

  /// What goes by time and by others' answers: commits, idleness, failures, the published copy.
  private func look(after monotonic: Int64, _ now: Int64) throws(PipelineFailure) {
    try stepCheckpoint(monotonic)
    try takeEnds()
    if let sink, !commitProtocol.isEndingTransaction { try checkDeliveries(sink) }
    if let fatal = source?.consumer.errors.fatal { throw PipelineFailure(fatal, doing: "reading") }
    if let fatal = sink?.producer.errors.fatal { throw PipelineFailure(fatal, doing: "producing") }
    lane.beat()
    if monotonic - lastPublishedAt >= publishIntervalMs {
      lastPublishedAt = monotonic
      try checkMemory()
      prepareCopies()
      logBad(monotonic)
      if !isPaused {
        askForIdle()
        try controlDrift()
        try watchForEnds()
      }
      publish(now)
    }
    try emitEarly(monotonic, now)
  }

  /// Sends what open windows hold so far, where the spec wants that.
  private func emitEarly(_ monotonic: Int64, _ now: Int64) throws(PipelineFailure) {
    guard !isPaused, !isAtEnd, let interval = plan.executor.earlyInterval, monotonic >= nextEarlyAt else { return }
    nextEarlyAt = monotonic + interval
    for shard in shards where !shard.isReplaying {
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
    if let all = environment.stateBudget.note(used, of: ObjectIdentifier(lane), plan.name) {
      throw Self.limitExceeded(
        "the windows of all pipelines take \(all) bytes, of \(environment.stateBudget.limit) allowed by the daemon's --memory-limit, and this one takes most")
    }
  }

  static func limitExceeded(_ exceeded: StateLimitExceeded) -> PipelineFailure {
    limitExceeded("\(exceeded.message) (limits.\(exceeded.limit))")
  }

  private static func limitExceeded(_ message: String) -> PipelineFailure {
    PipelineFailure(
      code: "state.limit_exceeded", fault: .user, retryable: false, message: message,
      advice: "Raise the limit, or use fewer keys or shorter windows; the last checkpoint is intact.")
  }
}

/// Where the run of one partition that begins at `begin` ends.
private func endOfRun(_ partitions: UnsafePointer<Int32>, _ begin: Int, _ count: Int) -> Int {
  var end = begin + 1
  while end < count && partitions[end] == partitions[begin] { end += 1 }
  return end
}

/// Whether any record of the run is a bad one.
private func hasFailures(_ status: UnsafePointer<UInt8>, _ run: Range<Int>) -> Bool {
  for index in run where status[index] != RecordStatus.decoded && status[index] != RecordStatus.filtered { return true }
  return false
}
