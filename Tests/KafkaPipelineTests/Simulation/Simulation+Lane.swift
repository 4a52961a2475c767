import KafkaClient

@testable import KafkaPipeline

/// The loop of a lane, in the order in which `LaneLoop` does things.
extension Simulation {
  mutating func run(lane index: Int) throws {
    switch lanes[index].stage {
    case .down: return
    case .connecting: return connect(index)
    case .member: break
    }
    if lanes[index].needsProof, try !prove(index) { return }
    if try runCall(index) { return }
    if let news = broker.news[lanes[index].client] { return hear(news, index) }
    switch lanes[index].mode {
    case .running: break
    case .revoking, .losing, .leaving: return try giveUp(index)
    }
    if lanes[index].toTake != nil { return try take(index) }
    switch random.below(6) {
    case 0: send(index)
    case 1: try begin(index)
    case 2 where setup.lateness == nil: try idle(index)
    default: try poll(index)
    }
  }

  private mutating func connect(_ index: Int) {
    lanes[index].reset(.member)
    lanes[index].client = makeID()
    lanes[index].owner = makeID()
    // Both names follow the data folder.
    lanes[index].instance = (Int(disks[lanes[index].daemon].storeID.dropFirst(5)) ?? 0) * 10 + lanes[index].index
    if setup.guarantee == .exactlyOnce, setup.planted != .loadBeforeFencing {
      lanes[index].epoch = broker.initTransactions(lanes[index].instance)
    }
    note("lane \(index) joins as \(lanes[index].instance)/\(lanes[index].client), epoch \(lanes[index].epoch)")
    broker.join(lanes[index].instance, lanes[index].client)
  }

  /// New clients; whatever the old ones were at may still happen.
  mutating func restart(lane index: Int) {
    coverage.count("restart")
    note("lane \(index) starts anew")
    broker.news[lanes[index].client] = nil
    leaveCall(of: index)
    lanes[index].reset(.connecting)
  }

  mutating func leaveCall(of index: Int) {
    if let call = lanes[index].call, call.answer == nil, random.chance(500) { ghosts.append(call) }
  }

  private func identity(_ lane: SimLane) -> SimIdentity {
    SimIdentity(instance: lane.instance, id: lane.client, generation: lane.generation)
  }

  private mutating func prove(_ index: Int) throws -> Bool {
    lanes[index].needsProof = false
    guard setup.guarantee == .atLeastOnce, !lanes[index].shards.isEmpty, !lanes[index].lastCommitted.isEmpty, setup.planted != .zombieMayCommit else { return true }
    coverage.count("proof")
    if broker.commit(lanes[index].lastCommitted, identity(lanes[index])) {
      // The group may be behind a commit that was under way.
      lanes[index].changed = true
      return true
    }
    restart(lane: index)
    return false
  }

  // MARK: The group

  private mutating func hear(_ news: SimRebalance, _ index: Int) {
    broker.news[lanes[index].client] = nil
    note("lane \(index) hears \(news)")
    switch news {
    case .assign(let numbers):
      guard lanes[index].mode == .running || lanes[index].mode == .leaving else { return }
      if lanes[index].mode == .leaving { return }
      lanes[index].generation = broker.generation
      lanes[index].forget()
      lanes[index].toTake = numbers
    case .revoke: if lanes[index].mode == .running { lanes[index].mode = .revoking }
    case .lost: lanes[index].mode = .losing
    }
  }

  /// Revoked or leaving: finish and commit. Lost: drop without writing.
  private mutating func giveUp(_ index: Int) throws {
    send(index)
    guard lanes[index].commit.phase == .idle else { return }
    let isLost = lanes[index].mode == .losing
    if !isLost, !lanes[index].hasCommitted {
      lanes[index].hasCommitted = true
      return try begin(index)
    }
    lanes[index].held = []
    try perform(lanes[index].commit.handle(.abandoned), index)
    guard lanes[index].stage == .member, lanes[index].commit.phase == .idle else { return }
    // What is with the client still goes out, under at_least_once only.
    if setup.guarantee == .exactlyOnce { lanes[index].queue = [] }
    let isLeaving = lanes[index].mode == .leaving
    lanes[index].forget()
    lanes[index].mode = .running
    lanes[index].hasCommitted = false
    lanes[index].commit = CommitProtocol(setup.guarantee)
    if isLeaving {
      broker.remove(lanes[index].instance)
      broker.news[lanes[index].client] = nil
      lanes[index].reset(.down)
      if !lanes.contains(where: { $0.daemon == lanes[index].daemon && $0.stage != .down }) { isUp[lanes[index].daemon] = false }
      return
    }
    if !broker.rejoin(lanes[index].client) { restart(lane: index) }
  }

  private mutating func take(_ index: Int) throws {
    guard let numbers = lanes[index].toTake else { return }
    guard var committed = lanes[index].known ?? broker.committed(stable: setup.planted != .unstableOffsetsRead) else {
      coverage.count("waits for stable offsets")
      return
    }
    lanes[index].asked += 1
    let daemon = lanes[index].daemon
    let isKnown = committed.contains { OffsetText($0.metadata)?.signature == SimSetup.signature }
    if !isKnown, disks[daemon].heads.isEmpty, !numbers.isEmpty {
      // The member with the first partition says where it all begins.
      guard numbers.contains(0) else { return coverage.count("waits for the first member") }
      for place in committed.indices {
        let text = OffsetText(
          storeID: disks[daemon].storeID, n: 0, replayFrom: 0, partitionWatermark: nil, shardWatermark: nil, largestRevision: 0,
          signature: SimSetup.signature)
        committed[place] = PartitionOffset(committed[place].partition, offset: 0, metadata: text.text)
      }
      guard broker.commit(committed, identity(lanes[index])) else { return restart(lane: index) }
    }
    var shards: [SimShard] = []
    for number in numbers {
      guard let shard = try load(number, committed, index) else { return coverage.count("asks again") }
      shards.append(shard)
    }
    lanes[index].toTake = nil
    lanes[index].shards = shards
    lanes[index].lastCommitted = committed.filter { numbers.contains(Int($0.partition.partition)) }
    if setup.guarantee == .exactlyOnce, setup.planted == .loadBeforeFencing, lanes[index].epoch == 0 || broker.transactions[lanes[index].instance]?.epoch != lanes[index].epoch {
      lanes[index].epoch = broker.initTransactions(lanes[index].instance)
    }
    try goLive(index)
  }

  /// It asks for longer than a broker takes to catch up with its log.
  private func answer(_ lane: SimLane) -> ShardRecovery.Answer {
    lane.known != nil ? .afterAbort : lane.asked > 3 && !broker.isOutdated || setup.planted == .outdatedOffsetsRead ? .insisted : .asked
  }

  private mutating func load(_ number: Int, _ committed: [PartitionOffset], _ index: Int) throws -> SimShard? {
    let daemon = lanes[index].daemon
    disks[daemon].owners[number] = lanes[index].owner
    let entries = committed.filter { Int($0.partition.partition) == number }
    let partitions = Set(entries.map(\.partition))
    let (head, pending) = (disks[daemon].heads[number], disks[daemon].pending[number])
    let stored = { (copy: SimDisk.Copy?) in copy.map { ShardRecovery.Stored(n: $0.n, signature: SimSetup.signature, partitions: partitions) } }
    var decision = ShardRecovery.decide(
      shard: Int32(number), committed: entries, head: stored(head), pending: stored(pending), storeID: disks[daemon].storeID,
      signature: SimSetup.signature, guarantee: setup.planted == .outdatedOffsetsRead ? .atLeastOnce : setup.guarantee,
      answer: answer(lanes[index]))
    if setup.planted == .latestCopyWins, let pending { decision = .stored(.pending, nextN: pending.n + 1, starts: [:]) }
    note("lane \(index) loads shard \(number): \(decision), head \(head?.n ?? 0), pending \(pending?.n ?? 0)")
    let inputs = entries.map { broker.index($0.partition) }
    switch decision {
    case .outdated: return nil
    case .refused(let failure): throw Violation(description: "shard \(number) is refused: \(failure.message)")
    case .stored(let copy, let nextN, _):
      coverage.count("load \(copy)")
      if copy == .pending, let pending {
        disks[daemon].heads[number] = pending
        disks[daemon].pending[number] = nil
        try checkHeads()
      }
      guard var shard = disks[daemon].heads[number]?.shard else { throw Violation(description: "nothing is stored of shard \(number)") }
      shard.nextN = nextN
      return shard
    case .empty(let nextN, let starts, _):
      coverage.count("load empty")
      let positions = entries.map { entry -> Int in
        if case .offset(let offset)? = starts[entry.partition] { return Int(offset) }
        return 0
      }
      var shard = SimShard(number: number, inputs: inputs, lateness: setup.lateness, positions: positions)
      shard.nextN = nextN
      return shard
    case .rebuild(let plan, let nextN, _):
      coverage.count("load rebuild")
      // Under at_least_once a late or lost answer of the group can leave it with a copy that was replaced since.
      if setup.guarantee == .exactlyOnce, setup.daemons == 1, !setup.losesDisks { throw Violation(description: "shard \(number) is read again from the log, though one daemon has all of it") }
      let ranges = entries.compactMap { plan.ranges[$0.partition] }
      guard ranges.count == entries.count else { throw Violation(description: "shard \(number): a rebuild without all ranges") }
      var shard = SimShard(number: number, inputs: inputs, lateness: setup.lateness, positions: ranges.map { Int($0.from) })
      shard.watermark = plan.watermark.map { Int($0) }
      shard.watermarks = ranges.map { $0.watermark.map { Int($0) } }
      shard.nextN = nextN
      if setup.planted != .replayEmits { shard.targets = ranges.map { Int($0.to) } }
      shard.floor = (Int(plan.largestRevision), .min)
      return shard
    }
  }

  private mutating func goLive(_ index: Int) throws {
    for place in lanes[index].shards.indices {
      guard let targets = lanes[index].shards[place].targets else { continue }
      let positions = lanes[index].shards[place].positions
      let early = setup.planted == .liveBeforeAllArrived && zip(positions, targets).contains { $0 >= $1 }
      guard early || zip(positions, targets).allSatisfy({ $0 >= $1 }) else { continue }
      if early { lanes[index].shards[place].positions = targets }
      coverage.count("live")
      let revision = lanes[index].shards[place].floor?.revision ?? 0
      lanes[index].shards[place].goLive(largestRevision: revision, revisionsBeginAnew: setup.planted == .revisionsBeginAnew)
      lanes[index].changed = true
      note("lane \(index): shard \(lanes[index].shards[place].number) is live at \(targets)")
    }
  }

  // MARK: Records

  private mutating func poll(_ index: Int) throws {
    for _ in 0..<random.from(1...3) {
      guard let place = lanes[index].shards.indices.randomElement(using: &random) else { return }
      let shard = lanes[index].shards[place]
      let input = random.below(shard.inputs.count)
      let position = shard.positions[input]
      guard position < broker.ends[shard.inputs[input]], shard.targets.map({ position < $0[input] }) ?? true else { continue }
      let results = lanes[index].shards[place].take(broker.input[shard.inputs[input]][position], input)
      if !shard.isReplaying { lanes[index].changed = true }
      for result in results { try emit(result, index) }
      try goLive(index)
    }
  }

  /// Nothing is unread: event time goes on by itself.
  private mutating func idle(_ index: Int) throws {
    guard let place = lanes[index].shards.indices.randomElement(using: &random) else { return }
    let shard = lanes[index].shards[place]
    guard !shard.isReplaying, let watermark = shard.watermark, watermark < 200,
      zip(shard.inputs, shard.positions).allSatisfy({ broker.ends[$0] == $1 && $1 < broker.input[$0].count })
    else { return }
    coverage.count("idle")
    lanes[index].changed = true
    for result in lanes[index].shards[place].advance(to: watermark + random.from(1...12)) { try emit(result, index) }
  }

  private mutating func emit(_ result: SimResult, _ index: Int) throws {
    lanes[index].changed = true
    switch lanes[index].commit.outputs {
    case .produce: lanes[index].queue.append((result, false))
    case .begin:
      try perform(lanes[index].commit.handle(.begun), index)
      lanes[index].queue.append((result, false))
    case .hold:
      coverage.count("held")
      lanes[index].held.append(result)
    }
  }

  /// The client sends its first record.
  private mutating func send(_ index: Int) {
    guard let first = lanes[index].queue.first else { return }
    let lane = lanes[index]
    let isTaken = broker.produce(first.result, setup.guarantee == .exactlyOnce ? (lane.instance, lane.epoch) : nil)
    guard isTaken else { return restart(lane: index) }
    note("lane \(index) sends \(first.result)")
    lanes[index].queue.removeFirst()
  }
}
