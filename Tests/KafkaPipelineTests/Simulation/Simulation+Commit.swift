import KafkaClient

@testable import KafkaPipeline

/// Commits: the real protocol's actions, done by models.
extension Simulation {
  mutating func begin(_ index: Int) throws {
    let lane = lanes[index]
    guard lane.commit.phase == .idle, lane.shards.contains(where: { !$0.isReplaying }) else { return }
    try perform(lanes[index].commit.handle(.due(changed: lane.changed)), index)
  }

  mutating func perform(_ actions: [CommitProtocol.Action], _ index: Int) throws {
    for action in actions {
      guard lanes[index].stage == .member else { return }
      coverage.count("\(action)".prefix { $0 != "(" }.description)
      note("lane \(index): \(action)")
      switch action {
      case .begin: try perform(lanes[index].commit.handle(.begun), index)
      case .snapshot: takeCopies(index)
      case .store: call(.store(lanes[index].copies, asHead: setup.planted == .headBeforeCommit), index)
      case .commitOffsets: call(.commitOffsets(lanes[index].offsets), index)
      case .sendOffsets:
        call(setup.planted == .offsetsOutsideTransaction ? .commitOffsets(lanes[index].offsets) : .sendOffsets(lanes[index].offsets), index)
      case .commitTransaction: call(.commitTransaction, index)
      case .promote:
        call(.promote(Dictionary(uniqueKeysWithValues: lanes[index].copies.map { ($0.shard.number, $0.n) })), index)
      case .abort:
        lanes[index].held = []
        lanes[index].queue = []
        call(.abort, index)
      case .reload:
        let numbers = lanes[index].shards.map(\.number)
        let known = lanes[index].lastCommitted
        lanes[index].forget()
        lanes[index].queue = []
        lanes[index].toTake = numbers
        lanes[index].known = known
      case .restart: restart(lane: index)
      }
    }
  }

  private mutating func call(_ kind: SimCall.Kind, _ index: Int) {
    let lane = lanes[index]
    lanes[index].call = SimCall(
      kind: kind, daemon: lane.daemon, owner: lane.owner, instance: lane.instance, epoch: lane.epoch, identity: lane.identity)
  }

  private mutating func takeCopies(_ index: Int) {
    lanes[index].changed = false
    lanes[index].copies = []
    lanes[index].offsets = []
    let store = disks[lanes[index].daemon].storeID
    for place in lanes[index].shards.indices where !lanes[index].shards[place].isReplaying {
      let shard = lanes[index].shards[place]
      lanes[index].shards[place].nextN += 1
      lanes[index].copies.append(SimDisk.Copy(n: shard.nextN, shard: shard))
      for (input, partition) in shard.inputs.enumerated() {
        let text = OffsetText(
          storeID: store, n: setup.planted == .textWithoutN ? 1 : shard.nextN, replayFrom: Int64(shard.replayFrom(input)),
          partitionWatermark: shard.watermarks[input].map { Int64($0) }, shardWatermark: shard.watermark.map { Int64($0) },
          largestRevision: Int64(shard.largestRevision), signature: SimSetup.signature)
        lanes[index].offsets.append(
          PartitionOffset(SimBroker.partition(partition, shards: setup.partitions), offset: Int64(shard.positions[input]), metadata: text.text))
      }
    }
    for place in lanes[index].queue.indices { lanes[index].queue[place].isBeforeCopy = true }
    lanes[index].identity = SimIdentity(
      instance: lanes[index].instance, id: lanes[index].client, generation: lanes[index].generation)
  }

  /// Takes the commit one step on. Returns whether anything happened.
  mutating func runCall(_ index: Int) throws -> Bool {
    let lane = lanes[index]
    if lane.commit.phase == .delivering {
      let isDelivered = !lane.queue.contains(where: \.isBeforeCopy) || setup.planted == .checkpointBeforeReports
      guard isDelivered, random.chance(500) else { return false }
      try perform(lanes[index].commit.handle(.delivered), index)
      return true
    }
    guard var call = lane.call, random.chance(500) else { return false }
    if let answer = call.answer {
      lanes[index].call = nil
      try hear(answer, index)
      return true
    }
    call.answer = try answer(to: call, index)
    lanes[index].call = call
    return true
  }

  /// Does the call, unless something comes in between.
  private mutating func answer(to call: SimCall, _ index: Int) throws -> CommitProtocol.Event {
    let isHarmed = !faultsAreOver && random.chance(setup.faultRate)
    switch call.kind {
    case .store, .promote:
      if isHarmed, random.chance(300) {
        coverage.count("disk error")
        return .storeFailed
      }
    case .commitOffsets, .sendOffsets, .commitTransaction, .abort:
      guard isHarmed else { break }
      let isGroupCommit = if case .commitOffsets = call.kind { true } else { false }
      let lost: CommitProtocol.Event = isGroupCommit ? .offsetsRefused : .refused(.retriable)
      switch random.below(3) {
      case 0:
        coverage.count("answer lost")
        _ = execute(call)
      case 1: coverage.count("request lost")
      default:
        coverage.count("request delayed")
        ghosts.append(call)
      }
      return lost
    }
    defer { note("lane \(index): \(call.kind) done") }
    let answer = execute(call)
    try checkHeads()
    return answer
  }

  /// At the broker or on the disk; nobody need wait for it.
  mutating func execute(_ call: SimCall) -> CommitProtocol.Event {
    func event(_ refusal: CommitProtocol.Refusal?, _ success: CommitProtocol.Event) -> CommitProtocol.Event {
      if let refusal { coverage.count("refused \(refusal)") }
      return refusal.map { .refused($0) } ?? success
    }
    switch call.kind {
    case .store(let copies, let asHead):
      guard copies.allSatisfy({ disks[call.daemon].owners[$0.shard.number] ?? call.owner == call.owner }), isUp[call.daemon] else { return .storeFailed }
      for copy in copies {
        let shard = copy.shard.number
        // A number is used once.
        guard copy.n > max(disks[call.daemon].heads[shard]?.n ?? 0, disks[call.daemon].pending[shard]?.n ?? 0) else { return .storeFailed }
        if !asHead { disks[call.daemon].pending[shard] = copy } else {
          disks[call.daemon].heads[shard] = copy
          disks[call.daemon].pending[shard] = nil
        }
      }
      return .stored
    case .promote(let numbers):
      guard numbers.keys.allSatisfy({ disks[call.daemon].owners[$0] ?? call.owner == call.owner }), isUp[call.daemon] else { return .storeFailed }
      for (shard, n) in numbers where disks[call.daemon].heads[shard]?.n != n {
        guard let copy = disks[call.daemon].pending[shard], copy.n == n else { return .storeFailed }
        disks[call.daemon].heads[shard] = copy
        disks[call.daemon].pending[shard] = nil
      }
      return .promoted
    case .commitOffsets(let offsets):
      let isTaken = broker.commit(offsets, call.identity)
      if setup.planted == .offsetsOutsideTransaction { return isTaken ? .offsetsSent : .refused(.abortable) }
      return isTaken ? .offsetsCommitted : .offsetsRefused
    case .sendOffsets(let offsets):
      let identity = setup.planted == .zombieMayCommit ? nil : call.identity
      let refusal = broker.sendOffsets(offsets, identity, call.instance, call.epoch)
      if setup.planted == .noAbortOnRefusal, refusal == .abortable { return .offsetsSent }
      return event(refusal, .offsetsSent)
    case .commitTransaction: return event(broker.endTransaction(call.instance, call.epoch, committed: true), .transactionCommitted)
    case .abort: return event(broker.endTransaction(call.instance, call.epoch, committed: false), .aborted)
    }
  }

  private mutating func hear(_ answer: CommitProtocol.Event, _ index: Int) throws {
    note("lane \(index) hears \(answer)")
    coverage.count("in \(lanes[index].commit.phase)")
    let offsets = lanes[index].offsets
    if answer == .storeFailed { lanes[index].changed = true }
    if answer == .offsetsCommitted || answer == .transactionCommitted {
      lanes[index].lastCommitted = lanes[index].lastCommitted.filter { known in !offsets.contains { $0.partition == known.partition } } + offsets
    }
    if answer == .offsetsRefused { lanes[index].changed = true }
    try perform(lanes[index].commit.handle(answer), index)
    guard answer == .promoted, lanes[index].stage == .member, !lanes[index].held.isEmpty else { return }
    let held = lanes[index].held
    lanes[index].held = []
    if setup.planted == .heldIsForgotten { return }
    if lanes[index].commit.outputs == .begin { try perform(lanes[index].commit.handle(.begun), index) }
    for result in held { lanes[index].queue.append((result, false)) }
    lanes[index].changed = true
  }

  /// A valid copy is one that the group has committed.
  mutating func checkHeads() throws {
    for disk in disks {
      for (shard, copy) in disk.heads where !(broker.committedTexts[shard] ?? []).contains(where: { $0.n == copy.n }) {
        throw Violation(description: "HEAD of shard \(shard) is \(copy.n), which no transaction has committed")
      }
    }
  }
}
