import KafkaClient
import RecordCodec
import StreamEngine

extension LaneLoop {
  /// Makes the copy of the lane's figures that everyone else reads. By time, never per record.
  func publish(_ now: Int64) {
    guard let source, let sink else { return }
    var executors = counts.given
    for shard in shards { executors.add(shard.executor.counters) }
    var status = LaneStatus(index: lane.index, stage: lane.stopRequested == nil ? .running : .stopping)
    status.inputPartitionCount = partitionCounts.values.reduce(0, +)
    status.inputComplete = inputComplete
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
    var skipped: Int64 = 0
    for failure in DecodeFailure.allCases where counts.skipped[Int(failure.rawValue)] > 0 {
      stats.skipped[failure.reason] = counts.skipped[Int(failure.rawValue)]
      skipped += counts.skipped[Int(failure.rawValue)]
    }
    stats.consumeErrors = skipped + counts.consumerErrors + source.consumer.errors.count
    stats.produceErrors = counts.deliveriesFailed + sink.producer.failed
    stats.offsetsCommitted = counts.offsetsCommitted
    stats.commitErrors = counts.commitErrors
    stats.checkpoints = counts.checkpoints
    stats.checkpointErrors = counts.checkpointErrors
    stats.setExecutors(executors)
    stats.lastCheckpointAt = counts.lastCheckpointAt
    stats.lastCheckpointBytes = counts.lastCheckpointBytes
    stats.lastCheckpointMs = counts.lastCheckpointMs
    for shard in shards { stats.add(shard.executor) }
    var lag: Int64? = 0
    for (index, progress) in partitions.enumerated() {
      var partition = PartitionStatus(topic: progress.partition.topic, partition: progress.partition.partition)
      let position = source.consumer.assignment.positions[index]
      let time = shards[shardOf[index]].executor.inputTime(Int(inputOf[index]))
      partition.position = position
      partition.end = source.consumer.cachedEnd(progress.partition)
      partition.committed = progress.committed
      partition.watermarkMs = time.watermark
      partition.idle = time.idle
      partition.lastRecordAt = progress.lastRecordAt
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
    }
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
