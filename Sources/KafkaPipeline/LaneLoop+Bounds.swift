import KafkaClient
import StreamEngine

/// A bounded run: partitions that are at its end, and the lane when all of its are.
extension LaneLoop {
  private static let askTimeoutMs: Int32 = 5_000

  /// Finds where the run ends, unless that is known or not to be known yet. False if a stop came first.
  func findEnds() throws(PipelineFailure) -> Bool {
    guard let stopAt = plan.stopAt, ends == nil else { return true }
    if let known = sharedStore.runEnds.load(stopAt) {
      ends = known
      return true
    }
    // What comes until then belongs to the run.
    if case .timestamp(let time) = stopAt, Clock.wallMs() < time { return true }
    guard let found = try askEnds(stopAt) else { return false }
    ends = try sharedStore.runEnds.store(found, stopAt)
    return true
  }

  /// Of every input partition. The consumer sees stable offsets only.
  private func askEnds(_ stopAt: StopPosition) throws(PipelineFailure) -> [TopicPartition: Int64]? {
    guard let consumer = source?.consumer else { return nil }
    let all = inputPartitions
    guard let stable = try waitFor("the log ends", { () throws(KafkaError) in
      try consumer.logOffsets(all, at: .end, timeoutMs: Self.askTimeoutMs)
    }) else { return nil }
    var found: [TopicPartition: Int64] = [:]
    for entry in stable { found[entry.partition] = entry.offset ?? 0 }
    guard case .timestamp(let time) = stopAt else { return found }
    guard let byTime = try waitFor("the offsets at stop_at", { () throws(KafkaError) in
      try consumer.logOffsets(all, at: .timestamp(time), timeoutMs: Self.askTimeoutMs)
    }) else { return nil }
    for entry in byTime { if let offset = entry.offset { found[entry.partition] = min(offset, found[entry.partition] ?? offset) } }
    return found
  }

  /// A partition that came up later has no part in the run.
  func end(of partition: TopicPartition) -> Int64 { ends.map { $0[partition] ?? 0 } ?? .max }

  /// Ends that were to come have come: they bound what is read from here on.
  func watchForEnds() throws(PipelineFailure) {
    guard plan.stopAt != nil, ends == nil, !isReplaying, let source else { return }
    guard try findEnds(), ends != nil else { return }
    for index in partitions.indices { source.consumer.assignment.setLimit(end(of: partitions[index].partition), index) }
  }

  /// Partitions that have got there count as idle and are read no further.
  func noteArrivals(_ now: Int64) throws(PipelineFailure) {
    guard ends != nil, !isPaused, arrived.count < partitions.count, let source else { return }
    var pausing: [TopicPartition] = []
    for index in partitions.indices where !arrived.contains(index) && !shards[shardOf[index]].isReplaying {
      guard source.consumer.assignment.positions[index] >= end(of: partitions[index].partition) else { continue }
      arrived.insert(index)
      if !drift.paused.contains(index) { pausing.append(partitions[index].partition) }
      let shard = shards[shardOf[index]]
      shard.isAtEnd = shard.assignmentIndices.allSatisfy { arrived.contains($0) }
      // The watermark stays where the last partition left it.
      if !shard.isAtEnd { shard.executor.markIdle(Int(inputOf[index]), now: now) }
      if shard.executor.hasPendingResults { try emit(shard, now) }
      changed = true
    }
    guard !pausing.isEmpty else { return }
    do throws(KafkaError) { try source.consumer.pause(pausing) } catch {
      throw PipelineFailure(error, doing: "pausing partitions at the end of the run")
    }
  }

  /// Everything that this lane holds has been read to the end of the run.
  var isAtEnd: Bool { ends != nil && arrived.count == partitions.count && inputComplete == true && !isReplaying }
}
