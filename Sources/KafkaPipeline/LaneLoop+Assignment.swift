import KafkaClient
import StateStore
import StreamEngine

/// What the group gives and takes.
extension LaneLoop {
  /// Longest time to finish and checkpoint before partitions are given away.
  static let giveAwayMs: Int64 = 20_000
  /// So long the group may take to say something newer than what it must have had.
  private static let outdatedMs: Int64 = 10_000

  /// Does what the group wants, between batches.
  func answer(_ rebalance: Rebalance) throws(PipelineFailure) {
    guard let source else { return }
    switch rebalance {
    case .assigned(let partitions):
      try giveUpShards()
      try take(partitions)
    case .revoked(_, let lost):
      CrashPoint.reach(.revoked)
      if lost {
        environment.log("warning", "lane \(lane.index): its partitions were lost to other members of the group; nothing of them is written")
      } else {
        try checkpointBeforeLeaving()
      }
      try giveUpShards()
      source.consumer.unassign()
    }
  }

  /// Partitions that are given away in peace are finished first. An abort ends that as well: the next owner does the rest again.
  private func checkpointBeforeLeaving() throws(PipelineFailure) {
    do throws(PipelineFailure) { try checkpointNow(deadline: Clock.monotonicMs() + Self.giveAwayMs) } catch {
      if error != Self.reloadWanted { throw error }
    }
  }

  /// Lets go of the shards in memory without writing. A commit that is with the commit thread is waited for: its answer must not be
  /// taken for the next one's, and the group judges by itself whether it still counts.
  func giveUpShards() throws(PipelineFailure) {
    sink?.held.removeAll()
    try perform(commitProtocol.handle(.abandoned))
    try finishCommit(Clock.monotonicMs() + Self.giveAwayMs)
    // What did not arrive of it is sent again by whoever has the shards next.
    sink?.producer.forgetFailure()
    forgetShards()
    commitProtocol = CommitProtocol(plan.guarantee)
  }

  func forgetShards() {
    copies = LaneCopies()
    sink?.held.removeAll()
    for shard in shards { counts.given.add(shard.executor.counters) }
    shards = []
    shardOf = []
    inputOf = []
    partitions = []
    inputComplete = nil
    assignedCount = 0
    isPaused = false
    arrived = []
    idleQuestion = nil
    drift.forget()
    commits?.setWakeUps([])
  }

  /// After an abort: the shards as they are committed, read on from there. What that is the lane knows itself; should it be a member no
  /// more, its next commit is refused.
  func reload() throws(PipelineFailure) {
    guard let source else { return }
    counts.aborted += 1
    sink?.producer.forgetFailure()
    let assigned = source.consumer.assignment.partitions
    forgetShards()
    try take(assigned, at: lastCommitted)
  }

  /// Loads the shards of the assigned partitions and starts reading. `known`: what the group has of them, if the lane knows.
  private func take(_ assigned: [TopicPartition], at known: [PartitionOffset]? = nil) throws(PipelineFailure) {
    guard let source, let producer = sink?.producer else { return }
    guard try askPartitionCounts(producer) else { return source.consumer.unassign() }
    inputComplete = true
    assignedCount = assigned.count
    if plan.scope == .global, assigned.count < inputPartitionCount {
      // A figure over part of the input is wrong and looks right: read nothing.
      inputComplete = false
      environment.log(
        "error", "lane \(lane.index): another member of the group \(plan.kafka.groupID) holds \(inputPartitionCount - assigned.count) of \(inputPartitionCount) partitions; nothing is read until it has left")
      return try start(source, at: [])
    }
    guard let (loads, committed) = try load(assigned, at: known) else { return source.consumer.unassign() }
    guard let bounds = try askBounds(assigned), try findEnds() else { return source.consumer.unassign() }
    var (shards, starts): ([Shard], [ReadStart]) = ([], [])
    for load in loads {
      let (from, gaps) = try load.readStarts(bounds)
      shards.append(
        try loading { () throws(ShardLoadError) in
          try load.makeShard(plan: plan, firstIndex: starts.count, starts: from, gaps: gaps, ends: bounds)
        })
      starts += from
      say(load, gaps)
    }
    try start(source, at: starts)
    // Taken over as one, once reading has started: what is published must fit together.
    takeOver(shards, committed)
    lastCommitted = committed.filter { assigned.contains($0.partition) }
    assignedAtPolledMs = polledMs
    if loads.contains(where: \.isUnknownToGroup) { changed = true }
    try advanceReplays()
  }

  /// Asks the group, and loads what its answer calls for; what cannot be its last word is asked again for a while. nil: a stop came first.
  private func load(
    _ assigned: [TopicPartition], at known: [PartitionOffset]?
  ) throws(PipelineFailure) -> (loads: [ShardLoad], committed: [PartitionOffset])? {
    guard let store else { return nil }
    let giveUpAt = Clock.monotonicMs() + Self.outdatedMs
    asking: while true {
      let answer = if let known { known } else { try askCommitted(assigned) }
      guard let committed = answer else { return nil }
      CrashPoint.reach(.loading)
      let context = ShardLoad.Context(
        store: store, owner: owner, storeID: environment.storeID, signature: signature,
        guarantee: plan.guarantee, answer: known != nil ? .afterAbort : Clock.monotonicMs() >= giveUpAt ? .insisted : .asked)
      var loads: [ShardLoad] = []
      for (number, entries) in grouped(committed.filter { assigned.contains($0.partition) }) {
        guard let load = try loading({ () throws(ShardLoadError) in try ShardLoad(shard: number, committed: entries, context) }) else {
          guard try pauseWhileWaiting("newer offsets: what the group \(plan.kafka.groupID) says of shard \(number) is older than what is stored") else { return nil }
          continue asking
        }
        loads.append(load)
      }
      return (loads, committed)
    }
  }

  private func takeOver(_ shards: [Shard], _ committed: [PartitionOffset]) {
    self.shards = shards
    for (number, shard) in shards.enumerated() {
      for (input, partition) in shard.partitions.enumerated() {
        shardOf.append(number)
        inputOf.append(Int32(input))
        partitions.append(
          PartitionProgress(
            partition: partition, lastPolledMs: polledMs, lastRecordAt: shard.lastRecordAt[input],
            committed: committed.first { $0.partition == partition }?.offset))
      }
    }
  }

  private func say(_ load: ShardLoad, _ gaps: [StateGap]) {
    if let rebuild = load.rebuild {
      let count = rebuild.ranges.values.reduce(0) { $0 + $1.to - $1.from }
      environment.log("info", "shard \(load.shard): its windows are read again from the log, \(count) records")
    }
    for gap in gaps { environment.log("warning", "shard \(load.shard): windows lack records that are gone: \(gap.text)") }
  }

  private func loading<Result>(_ body: () throws(ShardLoadError) -> Result) throws(PipelineFailure) -> Result {
    do throws(ShardLoadError) { return try body() } catch {
      switch error {
      case .failed(let failure): throw failure
      case .refused(let failure, let positions):
        if let bounds = try askBounds(positions.keys.filter { inputPartitions.contains($0) }) {
          for (partition, next) in positions { _ = try bounds[partition]?.within(next, partition) }
        }
        throw failure
      case .damaged(let why): throw sharedStore.condemn(why)
      }
    }
  }

  func start(_ source: LaneSource, at starts: [ReadStart]) throws(PipelineFailure) {
    let bounded = starts.map { ReadStart($0.partition, offset: $0.offset, limit: min($0.limit, end(of: $0.partition)), witness: $0.witness) }
    do throws(KafkaError) { try source.consumer.assign(bounded) } catch {
      throw PipelineFailure(error, doing: "starting to read")
    }
    commits?.setWakeUps(starts.map(\.partition))
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
}
