import KafkaClient

@testable import KafkaPipeline

/// Daemons, brokers and disks as models, driven step by step from one seed: whatever can happen next is drawn, faults included.
struct Simulation {
  struct Violation: Error, CustomStringConvertible { var description: String }

  let setup: SimSetup
  var random: SimRandom
  var broker: SimBroker
  var disks: [SimDisk]
  /// What each disk was at some time.
  var oldDisks: [SimDisk]
  var lanes: [SimLane] = []
  var isUp: [Bool]
  var isPaused: [Bool]
  var isPausedLong: [Bool]
  /// Requests that nobody waits for any more and that still arrive.
  var ghosts: [SimCall] = []
  var nextID = 1
  var faultsAreOver = false
  var coverage = SimCoverage()
  /// For a replayed seed: what happened.
  let log: SimLog?

  init(seed: UInt64, planted: SimPlant? = nil, logged: Bool = false) {
    random = SimRandom(state: seed)
    setup = SimSetup(&random, planted: planted)
    let input = Self.makeInput(setup, &random)
    broker = SimBroker(shards: setup.partitions, input: input)
    disks = (0..<setup.daemons).map { SimDisk(storeID: "store\($0)") }
    oldDisks = disks
    isUp = disks.map { _ in false }
    isPaused = isUp
    isPausedLong = isUp
    log = logged ? SimLog() : nil
    for daemon in 0..<setup.daemons {
      for index in 0..<setup.lanes { lanes.append(SimLane(daemon: daemon, index: index, setup.guarantee)) }
    }
    note("\(setup)")
  }

  /// Out of order and late within each partition; the last record of each ends all windows before it.
  private static func makeInput(_ setup: SimSetup, _ random: inout SimRandom) -> [[SimRecord]] {
    var value = 1
    return (0..<setup.topics * setup.partitions).map { partition in
      var time = random.from(0...10)
      var records: [SimRecord] = []
      for _ in 0..<random.from(2...12) {
        time += random.from(0...9)
        let late = random.chance(250) ? random.from(0...25) : random.from(0...3)
        records.append(SimRecord(time: max(0, time - late), key: partition % setup.partitions * 10 + random.below(setup.keys), value: value))
        value *= 2
        if value > 1 << 40 { value = 3 }
      }
      records.append(SimRecord(time: 1_000, key: partition % setup.partitions * 10, value: 1))
      return records
    }
  }

  func note(_ text: @autoclosure () -> String) { log?.add(text()) }

  // MARK: The run

  mutating func run() throws {
    start(daemon: 0)
    for _ in 0..<random.from(40...400) { try step() }
    try settle()
    try SimJudge(self).check()
  }

  /// All faults are over: everything must come to rest with nothing left to do.
  private mutating func settle() throws {
    faultsAreOver = true
    broker.catchUp()
    note("faults are over")
    for daemon in disks.indices {
      if isPaused[daemon] { resume(daemon) }
      if !isUp.contains(true) || (!isUp[daemon] && random.chance(500)) { start(daemon: daemon) }
    }
    for round in 0..<20_000 {
      if round % 64 == 0 {
        broker.ends = broker.input.map(\.count)
        if !isUp.contains(true) { start(daemon: random.below(disks.count)) }
        expireDead()
        if isQuiet { return }
      }
      try step()
    }
    throw Violation(description: "it never comes to rest: \(stuck)")
  }

  private var isQuiet: Bool {
    let alive = lanes.filter { $0.stage == .member }
    let owned = alive.flatMap(\.shards)
    return ghosts.isEmpty && !broker.isRebalancing && broker.news.isEmpty && owned.count == setup.partitions
      && alive.allSatisfy { $0.call == nil && $0.queue.isEmpty && $0.held.isEmpty && $0.commit.phase == .idle && !$0.commit.isOpen && !$0.changed && $0.mode == .running && $0.toTake == nil }
      && owned.allSatisfy { !$0.isReplaying && zip($0.inputs, $0.positions).allSatisfy { broker.input[$0].count == $1 && isCommitted($0, $1) } }
  }

  /// A late request of at_least_once can set the group back to an earlier commit, which the next load sees.
  private func isCommitted(_ partition: Int, _ position: Int) -> Bool {
    setup.guarantee == .atLeastOnce || broker.offsets[partition]?.offset == Int64(position)
  }

  private var stuck: String {
    lanes.map { "\($0.daemon).\($0.index) \($0.stage) \($0.mode) \($0.commit.phase) shards \($0.shards.map(\.number)) take \($0.toTake ?? []) queue \($0.queue.count) call \($0.call != nil)" }.joined(separator: "; ")
      + "; rebalancing \(broker.isRebalancing) members \(broker.members) news \(broker.news) ghosts \(ghosts.count) open \(broker.transactions.filter { $0.value.isOpen }.keys)"
  }

  private mutating func step() throws {
    if !faultsAreOver, random.chance(setup.faultRate) { return try fault() }
    if broker.isOutdated, random.chance(20) { broker.catchUp() }
    switch random.below(12) {
    case 0:
      let partition = random.below(broker.input.count)
      if broker.ends[partition] < broker.input[partition].count { broker.ends[partition] += 1 }
    case 1:
      if !ghosts.isEmpty {
        let ghost = ghosts.remove(at: random.below(ghosts.count))
        coverage.count("ghost")
        note("ghost \(ghost.kind)")
        _ = execute(ghost)
        try checkHeads()
      }
    default:
      let index = random.below(lanes.count)
      let daemon = lanes[index].daemon
      if isUp[daemon], !isPaused[daemon] { try run(lane: index) }
    }
  }

  // MARK: Daemons

  mutating func start(daemon: Int) {
    note("daemon \(daemon) starts with \(disks[daemon].storeID)")
    isUp[daemon] = true
    isPaused[daemon] = false
    for index in lanes.indices where lanes[index].daemon == daemon { lanes[index].reset(.connecting) }
  }

  mutating func makeID() -> Int {
    nextID += 1
    return nextID
  }

  /// Members whose client is gone, and open transactions of nobody: the brokers' timeouts.
  private mutating func expireDead() {
    for member in broker.members where !lanes.contains(where: { $0.stage == .member && $0.client == member.id && isUp[$0.daemon] }) {
      note("member \(member.instance) expires")
      broker.remove(member.instance)
    }
    for (instance, transaction) in broker.transactions where transaction.isOpen {
      if !lanes.contains(where: { $0.instance == instance && $0.stage == .member && isUp[$0.daemon] }) { broker.timeOut(instance) }
    }
    broker.news = broker.news.filter { entry in lanes.contains { $0.client == entry.key && $0.stage == .member } }
  }

  private mutating func fault() throws {
    let daemon = random.below(disks.count)
    switch random.below(11) {
    case 0, 1:
      if isUp[daemon] { crash(daemon) } else { start(daemon: daemon) }
    case 2:
      if !isUp[daemon] { start(daemon: daemon) }
    case 3:
      guard isUp[daemon] else { return }
      if isPaused[daemon] { resume(daemon) } else {
        coverage.count("pause")
        isPaused[daemon] = true
        isPausedLong[daemon] = random.chance(600)
        note("daemon \(daemon) stands still, long: \(isPausedLong[daemon])")
      }
    case 4: expireOne()
    case 5:
      if let instance = broker.transactions.filter({ $0.value.isOpen }).keys.sorted().randomElement(using: &random) {
        coverage.count("transaction timeout")
        note("transaction of \(instance) times out")
        broker.timeOut(instance)
      }
    case 6:
      guard let index = lanes.indices.randomElement(using: &random), lanes[index].stage == .member, isUp[lanes[index].daemon], !isPaused[lanes[index].daemon] else { return }
      coverage.count("given up")
      note("lane \(index) gives its clients up")
      restart(lane: index)
    case 7:
      guard let index = lanes.indices.randomElement(using: &random), lanes[index].stage == .member, !lanes[index].queue.isEmpty, isUp[lanes[index].daemon], !isPaused[lanes[index].daemon] else { return }
      coverage.count("delivery failed")
      note("lane \(index): a delivery fails")
      lanes[index].queue.removeFirst()
      restart(lane: index)
    case 8:
      // One daemon leaves in peace; another one must be there or come.
      guard isUp[daemon], !isPaused[daemon], setup.daemons > 1 else { return }
      for index in lanes.indices where lanes[index].daemon == daemon && lanes[index].stage == .member && lanes[index].mode == .running {
        coverage.count("leave")
        note("lane \(index) leaves")
        lanes[index].mode = .leaving
      }
    case 9:
      // What another member did since, or whether PENDING was committed, nobody could tell from such an answer. Members ask as soon as
      // they have joined, and until a broker knows all of its offsets it lets nobody join.
      guard disks.count == 1, !setup.losesDisks, disks[0].pending.isEmpty else { return }
      note("the broker's answers are outdated")
      broker.becomeOutdated(&random)
    default:
      if random.chance(300) { oldDisks[daemon] = disks[daemon].afterCrash }
      if !broker.members.isEmpty, !broker.isRebalancing, random.chance(300) {
        coverage.count("rebalance")
        note("the group rebalances")
        broker.rebalance(joined: nil)
      }
    }
  }

  private mutating func crash(_ daemon: Int) {
    coverage.count("crash")
    for index in lanes.indices where lanes[index].daemon == daemon {
      coverage.count("crash in \(lanes[index].commit.phase)")
      leaveCall(of: index)
      lanes[index].reset(.down)
    }
    isUp[daemon] = false
    disks[daemon] = disks[daemon].afterCrash
    note("daemon \(daemon) is killed")
    guard setup.losesDisks, random.chance(300) else { return }
    if random.chance(500) {
      coverage.count("wipe")
      disks[daemon] = SimDisk(storeID: "store\(makeID())")
    } else if oldDisks[daemon].storeID == disks[daemon].storeID {
      coverage.count("older disk")
      disks[daemon] = oldDisks[daemon]
    }
    note("its disk is \(disks[daemon].storeID) with \(disks[daemon].heads.mapValues(\.n))")
  }

  private mutating func resume(_ daemon: Int) {
    note("daemon \(daemon) goes on")
    isPaused[daemon] = false
    guard isPausedLong[daemon] else { return }
    for index in lanes.indices where lanes[index].daemon == daemon && lanes[index].stage == .member {
      lanes[index].needsProof = true
      // What waited in the client is older than its delivery timeout.
      if !lanes[index].queue.isEmpty { restart(lane: index) }
    }
  }

  private mutating func expireOne() {
    let dead = broker.members.filter { member in
      guard let lane = lanes.first(where: { $0.stage == .member && $0.client == member.id }) else { return true }
      return !isUp[lane.daemon] || (isPaused[lane.daemon] && isPausedLong[lane.daemon])
    }
    guard let member = dead.randomElement(using: &random) else { return }
    coverage.count("session timeout")
    note("the session of \(member.instance) ends")
    broker.remove(member.instance)
  }
}
