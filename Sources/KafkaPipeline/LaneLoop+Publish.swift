import KafkaClient
import RecordCodec
import StreamEngine

extension LaneLoop {
  /// Makes the copy of the lane's figures that everyone else reads. By time, never per record.
  func publish(_ now: Int64) {
    guard let source, let sink else { return }
    var executors = counts.given
    for shard in shards { executors.add(shard.executor.counters) }
    var status = LaneStatus(index: lane.index, stage: lane.stopRequested != nil ? .stopping : isPaused ? .paused : .running)
    status.inputPartitionCount = inputPartitionCount
    status.inputPartitionCounts = partitionCounts
    status.assignedCount = assignedCount
    status.replay = replayProgress(now)
    status.gaps = shards.flatMap(\.gaps)
    status.stateNote = sharedStore.note
    status.leakedClients = counts.leakedClients
    if status.replay == nil { wasLive = true }
    if !wasLive, status.stage != .stopping { status.stage = .starting }
    status.inputComplete = inputComplete
    status.isAtEnd = isAtEnd
    status.lastPassAt = now
    let delivered = counts.delivered + sink.producer.delivered
    let mark = counts.consumed + delivered
    if mark != counts.progressMark {
      counts.progressMark = mark
      counts.lastProgressAt = now
    }
    status.lastProgressAt = counts.lastProgressAt
    status.undelivered = sink.producer.outstanding
    if status.undelivered == 0 {
      counts.undeliveredSince = nil
    } else if counts.undeliveredSince == nil {
      counts.undeliveredSince = now
    }
    status.undeliveredSince = counts.undeliveredSince
    status.produceError = sink.producer.latestFailure?.message
    status.checkpointError = counts.checkpointError
    status.lastCheckpointAt = counts.lastCheckpointAt
    status.commitError = counts.commitError
    status.clientError = (source.consumer.errors.latest ?? sink.producer.errors.latest)?.message

    var stats = KafkaStreamStats()
    stats.messagesConsumed = counts.consumed
    stats.messagesProduced = delivered
    let latencies = sink.producer.latencies
    (stats.sinceFired, stats.sinceEvent) = (LatencyHistogram(latencies.sinceFired), LatencyHistogram(latencies.sinceEvent))
    stats.sinceFired.add(counts.sinceFired)
    stats.sinceEvent.add(counts.sinceEvent)
    var skipped: Int64 = 0
    for failure in DecodeFailure.allCases where counts.skipped[Int(failure.rawValue)] > 0 {
      stats.skipped[failure.reason] = counts.skipped[Int(failure.rawValue)]
      skipped += counts.skipped[Int(failure.rawValue)]
    }
    stats.deadLettered = counts.deadLettered.byReason
    let undecoded = counts.deadLettered.undecoded.reduce(0, +)
    noteBadRecords(skipped + undecoded, now)
    status.bad = counts.badRecords
    status.lastGoodAt = counts.lastGoodAt
    stats.consumeErrors = skipped + undecoded + counts.consumerErrors + source.consumer.errors.count
    stats.produceErrors = counts.deliveriesFailed + sink.producer.failed
    stats.offsetsCommitted = counts.offsetsCommitted
    stats.commitErrors = counts.commitErrors
    stats.checkpoints = counts.checkpoints
    stats.checkpointErrors = counts.checkpointErrors
    stats.setExecutors(executors)
    // A record counts once: as a dead letter, where it became one.
    stats.lateDropped -= counts.deadLettered.late
    stats.lastCheckpointAt = counts.lastCheckpointAt
    stats.lastCheckpointBytes = counts.lastCheckpointBytes
    stats.lastCheckpointMs = counts.lastCheckpointMs
    stats.lastCheckpointPauseMs = counts.lastPauseMs
    stats.longestCheckpointPauseMs = counts.longestPauseMs
    for shard in shards {
      stats.add(shard.executor)
      status.shards.append(
        ShardStatus(
          number: shard.number, watermarkMs: shard.executor.watermark, openWindows: shard.executor.openWindows,
          nextWindowEnd: shard.executor.nextWindowEnd))
    }
    var lag: Int64? = 0
    for (index, progress) in partitions.enumerated() {
      var partition = PartitionStatus(topic: progress.partition.topic, partition: progress.partition.partition)
      let position = source.consumer.assignment.positions[index]
      let time = shards[shardOf[index]].executor.inputTime(Int(inputOf[index]))
      partition.shard = shards[shardOf[index]].number
      partition.position = position
      partition.end = source.consumer.cachedEnd(progress.partition)
      partition.committed = progress.committed
      partition.watermarkMs = time.watermark
      partition.idle = time.idle
      partition.lastRecordAt = progress.lastRecordAt
      partition.openTransactionSince = noteOpenTransaction(index, end: partition.end, source.consumer.assignment, now)
      if let committed = progress.committed {
        stats.committedOffsets[progress.partition.topic, default: [:]][progress.partition.partition] = committed
      }
      if let end = partition.end, let sum = lag { lag = sum + max(0, end - position) } else { lag = nil }
      status.partitions.append(partition)
    }
    stats.consumerLag = lag
    lane.publish {
      $0.status = status
      $0.stats = stats
      $0.waitingFor = status.stage == .starting ? status.replay?.text : nil
    }
  }

  /// `bad`: records that could not be decoded, of all that were read.
  private func noteBadRecords(_ bad: Int64, _ now: Int64) {
    if counts.consumed - bad > counts.good {
      counts.good = counts.consumed - bad
      counts.lastGoodAt = now
      counts.badBefore = bad
      counts.badRecords = nil
    }
    let count = bad - counts.badBefore
    if count > counts.badRecords?.count ?? 0 {
      counts.badRecords = BadRecords(count: count, since: counts.badRecords?.since ?? now, lastAt: now, reason: counts.latestBadReason)
    }
  }

  /// The client says that the partition ends where it was read to, and its log goes on: what follows is of an open transaction.
  private func noteOpenTransaction(_ index: Int, end: Int64?, _ assignment: Assignment, _ now: Int64) -> Int64? {
    let position = assignment.positions[index]
    guard let end, end > position, assignment.ends[index] == position, !isPaused, !drift.paused.contains(index) else {
      partitions[index].openTransaction = nil
      return nil
    }
    if partitions[index].openTransaction?.offset != position { partitions[index].openTransaction = (position, now) }
    return partitions[index].openTransaction?.since
  }
}

extension ExecutorCounters {
  mutating func add(_ other: ExecutorCounters) {
    onTime += other.onTime
    lateAccepted += other.lateAccepted
    lateDropped += other.lateDropped
    filtered += other.filtered
    windowsFired += other.windowsFired
    futureSkewed += other.futureSkewed
  }
}

extension KafkaStreamStats {
  /// Takes over what became of the records.
  mutating func setExecutors(_ counters: ExecutorCounters) {
    onTime = counters.onTime
    lateAccepted = counters.lateAccepted
    lateDropped = counters.lateDropped
    filtered = counters.filtered
    windowsFired = counters.windowsFired
  }

  /// Adds the sizes of one more shard.
  mutating func add(_ executor: ShardExecutor) {
    openWindows += executor.openWindows
    keys += executor.keyCount
    stateBytes += executor.stateBytes
    if let watermark = executor.watermark { watermarkMs = min(watermarkMs ?? .max, watermark) }
  }
}
