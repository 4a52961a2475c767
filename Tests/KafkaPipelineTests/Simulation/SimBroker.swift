import KafkaClient

@testable import KafkaPipeline

/// What the brokers hold: the input, the output with its transactions, the group with its members and offsets.
struct SimBroker {
  struct Output {
    enum State { case plain, open, committed, aborted }
    var result: SimResult
    var state: State
    /// Lane and epoch of its transaction.
    var producer: (lane: Int, epoch: Int)?
  }
  struct Transaction {
    var epoch = 0
    var isOpen = false
    /// The last one of this epoch was committed.
    var wasCommitted = false
    var offsets: [PartitionOffset]?
  }

  let shards: Int
  var input: [[SimRecord]]
  /// Of each partition, how many records are there already.
  var ends: [Int]
  var output: [Output] = []
  var transactions: [Int: Transaction] = [:]
  var offsets: [Int: PartitionOffset] = [:]
  /// What the offsets were before each commit, the oldest first.
  private var earlierOffsets: [[Int: PartitionOffset]] = []
  /// It was killed and started, and answers with offsets that were replaced since.
  private(set) var isOutdated = false
  private var outdatedOffsets: [Int: PartitionOffset] = [:]
  /// Every text that a transaction or a commit made valid, by shard.
  var committedTexts: [Int: [OffsetText]] = [:]

  var members: [SimMember] = []
  var generation = 0
  var isRebalancing = false
  /// What each member has not heard yet, by client id.
  var news: [Int: SimRebalance] = [:]

  init(shards: Int, input: [[SimRecord]]) {
    self.shards = shards
    self.input = input
    ends = input.map { _ in 0 }
  }

  // MARK: Offsets

  static func partition(_ index: Int, shards: Int) -> TopicPartition { TopicPartition("t\(index / shards)", Int32(index % shards)) }
  func index(_ partition: TopicPartition) -> Int { (Int(partition.topic.dropFirst()) ?? 0) * shards + Int(partition.partition) }

  /// nil: a transaction holds offsets of the group.
  func committed(stable: Bool) -> [PartitionOffset]? {
    if stable, !isOutdated, transactions.values.contains(where: { $0.offsets != nil }) { return nil }
    let answer = isOutdated ? outdatedOffsets : offsets
    return input.indices.map { answer[$0] ?? PartitionOffset(Self.partition($0, shards: shards), offset: nil) }
  }

  /// Until it has caught up with its own log, which it has before it confirms anything new of the group.
  mutating func becomeOutdated(_ random: inout SimRandom) {
    guard let earlier = earlierOffsets.randomElement(using: &random) else { return }
    isOutdated = true
    outdatedOffsets = earlier
  }

  mutating func catchUp() { isOutdated = false }

  func accepts(_ identity: SimIdentity) -> Bool {
    generation == identity.generation && members.contains { $0.instance == identity.instance && $0.id == identity.id }
  }

  mutating func commit(_ list: [PartitionOffset], _ identity: SimIdentity) -> Bool {
    guard accepts(identity) else { return false }
    apply(list)
    return true
  }

  private mutating func apply(_ list: [PartitionOffset]) {
    catchUp()
    earlierOffsets.append(offsets)
    for entry in list {
      offsets[index(entry.partition)] = entry
      if let text = OffsetText(entry.metadata), entry.partition.topic == "t0" {
        committedTexts[Int(entry.partition.partition), default: []].append(text)
      }
    }
  }

  // MARK: Transactions

  mutating func initTransactions(_ lane: Int) -> Int {
    end(lane, committed: false)
    transactions[lane, default: Transaction()].epoch += 1
    transactions[lane]?.wasCommitted = false
    return transactions[lane]?.epoch ?? 0
  }

  /// The brokers lose patience with an open transaction, which fences its producer.
  mutating func timeOut(_ lane: Int) {
    guard transactions[lane]?.isOpen == true else { return }
    _ = initTransactions(lane)
  }

  mutating func produce(_ result: SimResult, _ producer: (lane: Int, epoch: Int)?) -> Bool {
    guard let producer else {
      output.append(Output(result: result, state: .plain))
      return true
    }
    guard transactions[producer.lane]?.epoch == producer.epoch else { return false }
    transactions[producer.lane]?.isOpen = true
    transactions[producer.lane]?.wasCommitted = false
    output.append(Output(result: result, state: .open, producer: producer))
    return true
  }

  mutating func sendOffsets(_ list: [PartitionOffset], _ identity: SimIdentity?, _ lane: Int, _ epoch: Int) -> CommitProtocol.Refusal? {
    guard transactions[lane]?.epoch == epoch else { return .fatal }
    if let identity, !accepts(identity) { return .abortable }
    transactions[lane]?.isOpen = true
    transactions[lane]?.wasCommitted = false
    transactions[lane]?.offsets = list
    catchUp()
    return nil
  }

  mutating func endTransaction(_ lane: Int, _ epoch: Int, committed: Bool) -> CommitProtocol.Refusal? {
    guard let transaction = transactions[lane], transaction.epoch == epoch else { return .fatal }
    guard transaction.isOpen else { return committed && !transaction.wasCommitted ? .abortable : nil }
    end(lane, committed: committed)
    return nil
  }

  private mutating func end(_ lane: Int, committed: Bool) {
    guard let transaction = transactions[lane], transaction.isOpen else { return }
    for index in output.indices where output[index].state == .open && output[index].producer?.lane == lane {
      output[index].state = committed ? .committed : .aborted
    }
    if committed, let list = transaction.offsets { apply(list) }
    transactions[lane]?.isOpen = false
    transactions[lane]?.offsets = nil
    transactions[lane]?.wasCommitted = committed
  }

  // MARK: The group

  /// A client joins. One whose instance is known takes its place over, without a rebalance if none is under way.
  mutating func join(_ instance: Int, _ id: Int) {
    catchUp()
    if let known = members.firstIndex(where: { $0.instance == instance }) {
      news[members[known].id] = .lost
      members[known].id = id
      if isRebalancing {
        members[known].hasJoined = true
        settle()
      } else {
        news[id] = .assign(members[known].assigned)
      }
      return
    }
    members.append(SimMember(instance: instance, id: id, hasJoined: true))
    rebalance(joined: id)
  }

  mutating func rebalance(joined: Int?) {
    isRebalancing = true
    for index in members.indices where members[index].id != joined {
      members[index].hasJoined = false
      news[members[index].id] = .revoke
    }
    settle()
  }

  /// The member gave its partitions up.
  mutating func rejoin(_ id: Int) -> Bool {
    guard let index = members.firstIndex(where: { $0.id == id }) else { return false }
    members[index].hasJoined = true
    if !isRebalancing { rebalance(joined: id) }
    settle()
    return true
  }

  /// Its session ended, or it left.
  mutating func remove(_ instance: Int) {
    guard let index = members.firstIndex(where: { $0.instance == instance }) else { return }
    news[members[index].id] = .lost
    members.remove(at: index)
    if isRebalancing { settle() } else if !members.isEmpty { rebalance(joined: nil) }
  }

  /// All have joined: a new generation, partitions by number in ranges.
  private mutating func settle() {
    guard isRebalancing, !members.isEmpty, members.allSatisfy(\.hasJoined) else { return }
    catchUp()
    isRebalancing = false
    generation += 1
    members.sort { $0.instance < $1.instance }
    for (place, member) in members.enumerated() {
      let numbers = (0..<shards).filter { $0 * members.count / shards == place }
      members[place].assigned = numbers
      news[member.id] = .assign(numbers)
    }
  }
}
