import KafkaClient
import StateStore

/// Where partitions are read from: what the group and the log say.
extension LaneLoop {
  private static let askTimeoutMs: Int32 = 5_000
  private static let otherAskTimeoutMs: Int32 = 1_000
  private static let commitTimeoutMs: Int32 = 10_000
  /// So long the member with the first partition has to say where the pipeline starts.
  private static let firstMemberMs: Int64 = 15_000

  var inputPartitionCount: Int { partitionCounts.values.reduce(0, +) }

  var inputPartitions: [TopicPartition] {
    plan.kafka.inputTopics.flatMap { topic in
      (0..<Int32(clamping: partitionCounts[topic] ?? 0)).map { TopicPartition(topic, $0) }
    }
  }

  /// The group's offsets of every input partition. Where neither the group nor the store knows this pipeline, `start_at` is resolved
  /// to offsets and committed for all of them before the first record is read, by the member that has the first partition: what the
  /// first record is must not depend on when a crash or another member comes. So it is where windows were discarded by wish. nil: a
  /// stop came first.
  func askCommitted(_ assigned: [TopicPartition]) throws(PipelineFailure) -> [PartitionOffset]? {
    guard let consumer = source?.consumer, let store else { return nil }
    let all = inputPartitions
    let isFirst = all.first.map { assigned.contains($0) } ?? false
    let giveUpAt = Clock.monotonicMs() + Self.firstMemberMs
    while true {
      guard let committed = try waitFor("the group's offsets", { () throws(KafkaError) in
        do throws(KafkaError) { return try consumer.committed(all, timeoutMs: Self.askTimeoutMs) } catch {
          // Brokers that answer everything else have a reason not to answer this.
          guard error.isTimeout, let topic = plan.kafka.inputTopics.first, let producer = sink?.producer,
            (try? producer.topic(topic, timeoutMs: Self.otherAskTimeoutMs)) != nil
          else { throw error }
          throw .unstableOffset
        }
      }) else { return nil }
      let isKnown = committed.contains { $0.offset != nil && OffsetText($0.metadata)?.signature == signature }
      let hasState: Bool
      do throws(StateStoreError) { hasState = try !store.heads().isEmpty } catch { throw PipelineFailure(error) }
      if ((isKnown || hasState) && !sharedStore.discardMark.isSet) || assigned.isEmpty { return committed }
      let isLate = Clock.monotonicMs() >= giveUpAt
      if isFirst || isLate { return try commitStart(isFirst ? committed : committed.filter { assigned.contains($0.partition) }) }
      guard try pauseWhileWaiting("another member to say where the pipeline starts") else { return nil }
    }
  }

  private func commitStart(_ committed: [PartitionOffset]) throws(PipelineFailure) -> [PartitionOffset]? {
    guard let first = try firstOffsets(committed) else { return nil }
    do throws(KafkaError) { try source?.consumer.commit(first, timeoutMs: Self.commitTimeoutMs) } catch {
      throw PipelineFailure(error, doing: "committing where the pipeline starts")
    }
    sharedStore.discardMark.clear()
    return first
  }

  /// As `start_at` says, or where an earlier consumer of the group stopped.
  private func firstOffsets(_ committed: [PartitionOffset]) throws(PipelineFailure) -> [PartitionOffset]? {
    guard let bounds = try askBounds(committed.map(\.partition)) else { return nil }
    var byTime: [TopicPartition: Int64] = [:]
    let open = committed.filter { $0.offset == nil }.map(\.partition)
    if case .timestamp(let time) = plan.startAt, !open.isEmpty, let producer = sink?.producer {
      guard let found = try waitFor("the offsets at start_at", { () throws(KafkaError) in
        try producer.logOffsets(open, at: .timestamp(time), timeoutMs: Self.askTimeoutMs)
      }) else { return nil }
      for entry in found { byTime[entry.partition] = entry.offset }
    }
    return committed.map { entry in
      let bound = bounds[entry.partition] ?? LogBounds(start: 0, end: 0)
      let start: Int64 =
        switch plan.startAt {
        case .earliest: bound.start
        case .latest: bound.end
        case .timestamp: byTime[entry.partition] ?? bound.end
        }
      // Beyond the end it belongs to another log.
      let offset = entry.offset.flatMap { $0 <= bound.end ? max($0, bound.start) : nil } ?? start
      // Windows that were discarded, or of an earlier meaning of the pipeline, are not had again.
      let isOfOtherMeaning = entry.offset != nil && OffsetText(entry.metadata) != nil
      let text = OffsetText(
        storeID: environment.storeID, n: 0, replayFrom: isOfOtherMeaning ? nil : offset, partitionWatermark: nil, shardWatermark: nil, largestRevision: 0,
        signature: signature)
      return PartitionOffset(entry.partition, offset: offset, metadata: text.text)
    }
  }

  /// nil: a stop came first.
  func askBounds(_ partitions: [TopicPartition]) throws(PipelineFailure) -> [TopicPartition: LogBounds]? {
    guard let producer = sink?.producer,
      let firsts = try waitFor("the log starts", { () throws(KafkaError) in
        try producer.logOffsets(partitions, at: .start, timeoutMs: Self.askTimeoutMs)
      }),
      let ends = try waitFor("the log ends", { () throws(KafkaError) in
        try producer.logOffsets(partitions, at: .end, timeoutMs: Self.askTimeoutMs)
      })
    else { return nil }
    var bounds: [TopicPartition: LogBounds] = [:]
    for entry in firsts { bounds[entry.partition] = LogBounds(start: entry.offset ?? 0, end: entry.offset ?? 0) }
    for entry in ends { bounds[entry.partition]?.end = entry.offset ?? 0 }
    return bounds
  }
}
