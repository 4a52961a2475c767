import KafkaClient
import StateStore
import StreamEngine

extension LaneLoop {
  private static let askTimeoutMs: Int32 = 5_000
  /// Longest time to finish and checkpoint before partitions are given away.
  private static let giveAwayMs: Int64 = 20_000

  /// Does what the group wants, between batches.
  func answer(_ rebalance: Rebalance) throws(PipelineFailure) {
    guard let source else { return }
    switch rebalance {
    case .assigned(let partitions):
      try take(partitions)
    case .revoked(_, let lost):
      if !lost && !shards.isEmpty { try checkpointNow(deadline: Clock.monotonicMs() + Self.giveAwayMs) }
      try dropShards()
      source.consumer.unassign()
    }
  }

  /// Lets go of the shards in memory, and of a checkpoint of theirs that is not yet with the commit thread. One that is there is
  /// waited for: its answer must not be taken for the next checkpoint's.
  private func dropShards() throws(PipelineFailure) {
    if commitProtocol.phase == .storing || commitProtocol.phase == .committing {
      try finishCheckpoint(Clock.monotonicMs() + Self.giveAwayMs)
    }
    forgetShards()
  }

  func forgetShards() {
    commitProtocol = CommitProtocol()
    pendingCheckpoints = []
    pendingOffsets = []
    for shard in shards { counts.given.add(shard.executor.counters) }
    shards = []
    shardOf = []
    inputOf = []
    partitions = []
    inputComplete = nil
    idleQuestion = nil
    drift.forget()
    commits?.setWakeUps([])
  }

  /// Loads the shards of the assigned partitions and starts reading.
  private func take(_ assigned: [TopicPartition]) throws(PipelineFailure) {
    guard let source, let store else { return }
    try dropShards()
    guard let producer = sink?.producer, try askPartitionCounts(producer) else { return source.consumer.unassign() }
    if plan.scope == .global {
      let total = partitionCounts.values.reduce(0, +)
      inputComplete = assigned.count >= total
      if inputComplete == false {
        // A figure over part of the input is wrong and looks right: read nothing.
        environment.log(
          "error", "lane \(lane.index): another member of the group \(plan.kafka.groupID) holds \(total - assigned.count) of \(total) partitions; nothing is read until it has left")
        return try start(source, at: [])
      }
    } else {
      inputComplete = true
    }
    guard let committed = try waitFor("the group's offsets", { () throws(KafkaError) in
      try source.consumer.committed(assigned, timeoutMs: Self.askTimeoutMs)
    }) else { return source.consumer.unassign() }
    var loads: [ShardLoad] = []
    for (number, entries) in grouped(committed) {
      loads.append(try ShardLoad(
        shard: number, committed: entries, store: store, storeID: environment.storeID, signature: signature,
        isNewPipeline: !sharedStore.hadCheckpoints))
    }
    guard let bounds = try askBounds(assigned), let starts = try resolveStarts(loads, bounds) else {
      return source.consumer.unassign()
    }
    var offsets: [PartitionOffset] = []
    // Taken over as one, once reading has started: what is published must fit together.
    var (shards, shardOf, inputOf, partitions): ([Shard], [Int], [Int32], [PartitionProgress]) = ([], [], [], [])
    var isNew = false
    for load in loads {
      let first = offsets.count
      for partition in load.partitions {
        let bound = bounds[partition]
        let wanted = load.next(partition) ?? starts[partition] ?? 0
        offsets.append(PartitionOffset(partition, offset: try within(bound, wanted, partition)))
      }
      let shard = try load.makeShard(
        plan: plan, firstIndex: first, positions: offsets[first...].map { $0.offset ?? 0 }, ends: bounds.mapValues(\.end))
      for input in load.partitions.indices {
        shardOf.append(shards.count)
        inputOf.append(Int32(input))
        partitions.append(
          PartitionProgress(
            partition: load.partitions[input], lastPolledMs: polledMs, lastRecordAt: shard.lastRecordAt[input],
            committed: committed.first { $0.partition == load.partitions[input] }?.offset))
      }
      shards.append(shard)
      isNew = isNew || load.stored == nil
      if load.startsOver {
        environment.log(
          "warning", "shard \(load.shard): the group \(plan.kafka.groupID) has offsets of a deleted pipeline; it starts over as start_at says")
      }
    }
    try start(source, at: offsets)
    (self.shards, self.shardOf, self.inputOf, self.partitions) = (shards, shardOf, inputOf, partitions)
    assignedAtPolledMs = polledMs
    // `start_at` is resolved once: what the first record is must not depend on when a crash comes.
    if isNew {
      counts.checkpointError = nil
      try checkpointNow(deadline: Clock.monotonicMs() + Self.giveAwayMs)
      if let error = counts.checkpointError {
        throw PipelineFailure(
          code: "state.store_unavailable", fault: .external, retryable: true, message: "the first checkpoint was not stored: \(error)",
          advice: "Check space and permissions of the data folder; the pipeline tries again by itself.")
      }
    }
  }

  private func start(_ source: LaneSource, at offsets: [PartitionOffset]) throws(PipelineFailure) {
    do throws(KafkaError) { try source.consumer.assign(offsets) } catch {
      throw PipelineFailure(error, doing: "starting to read")
    }
    commits?.setWakeUps(offsets.map(\.partition))
  }

  /// Partitions by shard, in order.
  private func grouped(_ committed: [PartitionOffset]) -> [(Int32, [PartitionOffset])] {
    let order = plan.kafka.inputTopics
    let sorted = committed.sorted {
      let (a, b) = ($0.partition, $1.partition)
      let (first, second) = (order.firstIndex(of: a.topic) ?? 0, order.firstIndex(of: b.topic) ?? 0)
      let (firstNumber, secondNumber) = (Int(a.partition), Int(b.partition))
      if plan.scope == .global { return (first, firstNumber) < (second, secondNumber) }
      return (firstNumber, first) < (secondNumber, second)
    }
    var groups: [(Int32, [PartitionOffset])] = []
    if plan.scope == .global {
      if !sorted.isEmpty { groups.append((0, sorted)) }
      return groups
    }
    for entry in sorted {
      if groups.last?.0 == entry.partition.partition {
        groups[groups.count - 1].1.append(entry)
      } else {
        groups.append((entry.partition.partition, [entry]))
      }
    }
    return groups
  }

  private func askBounds(_ assigned: [TopicPartition]) throws(PipelineFailure) -> [TopicPartition: (start: Int64, end: Int64)]? {
    guard let producer = sink?.producer,
      let firsts = try waitFor("the log starts", { () throws(KafkaError) in
        try producer.logOffsets(assigned, at: .start, timeoutMs: Self.askTimeoutMs)
      }),
      let ends = try waitFor("the log ends", { () throws(KafkaError) in
        try producer.logOffsets(assigned, at: .end, timeoutMs: Self.askTimeoutMs)
      })
    else { return nil }
    var bounds: [TopicPartition: (start: Int64, end: Int64)] = [:]
    for entry in firsts { bounds[entry.partition] = (entry.offset ?? 0, entry.offset ?? 0) }
    for entry in ends { bounds[entry.partition]?.end = entry.offset ?? 0 }
    return bounds
  }

  /// The offsets of partitions that no checkpoint knows.
  private func resolveStarts(
    _ loads: [ShardLoad], _ bounds: [TopicPartition: (start: Int64, end: Int64)]
  ) throws(PipelineFailure) -> [TopicPartition: Int64]? {
    var result: [TopicPartition: Int64] = [:]
    var byTime: [TopicPartition] = []
    for load in loads {
      for (partition, start) in load.starts {
        switch (start, plan.startAt) {
        case (.offset(let offset), _): result[partition] = offset
        case (.logStart, _), (.startAt, .earliest): result[partition] = bounds[partition]?.start ?? 0
        case (.startAt, .latest): result[partition] = bounds[partition]?.end ?? 0
        case (.startAt, .timestamp): byTime.append(partition)
        }
      }
    }
    if case .timestamp(let time) = plan.startAt, !byTime.isEmpty, let producer = sink?.producer {
      guard let found = try waitFor("the offsets at start_at", { () throws(KafkaError) in
        try producer.logOffsets(byTime, at: .timestamp(time), timeoutMs: Self.askTimeoutMs)
      }) else { return nil }
      for entry in found { result[entry.partition] = entry.offset ?? bounds[entry.partition]?.end ?? 0 }
    }
    return result
  }

  /// An offset that the log still holds: below its start, retention has taken records, which is said; above its end, it is another log.
  private func within(
    _ bound: (start: Int64, end: Int64)?, _ offset: Int64, _ partition: TopicPartition
  ) throws(PipelineFailure) -> Int64 {
    guard let bound else { return offset }
    if offset > bound.end {
      throw PipelineFailure(
        code: "kafka.topic_recreated", fault: .external, retryable: false,
        message: "\(partition.topic)/\(partition.partition) ends at \(bound.end), before the offset \(offset) to go on from: the topic was made anew or cut",
        advice: "Replace the pipeline with ?state=discard and another kafka.group_id to read the new log from start_at.")
    }
    if offset < bound.start {
      environment.log(
        "warning", "\(partition.topic)/\(partition.partition): records \(offset)..<\(bound.start) are gone by retention; open windows lack them")
      return bound.start
    }
    return offset
  }
}
