import KafkaClient

@testable import KafkaPipeline

/// One lane of a daemon: its loop thread, as `LaneLoop` is.
struct SimLane {
  enum Stage { case down, connecting, member }
  enum Mode { case running, revoking, losing, leaving }

  let daemon: Int
  let index: Int
  /// Static membership and transactional id: they follow the data folder.
  var instance = 0
  var client = 0
  var epoch = 0
  var owner = 0
  var generation = 0
  var stage = Stage.down
  var mode = Mode.running
  /// In `revoking` and `leaving`: the last commit has begun.
  var hasCommitted = false
  var commit: CommitProtocol
  var shards: [SimShard] = []
  /// Numbers of the shards to load; nil: nothing to load.
  var toTake: [Int]?
  /// After an abort, what the group has of them.
  var known: [PartitionOffset]?
  /// How often the group was asked where they are.
  var asked = 0
  /// With the client and not with the broker yet; `true`: before the copy.
  var queue: [(result: SimResult, isBeforeCopy: Bool)] = []
  var held: [SimResult] = []
  var call: SimCall?
  var copies: [SimDisk.Copy] = []
  var offsets: [PartitionOffset] = []
  var identity = SimIdentity(instance: 0, id: 0, generation: 0)
  var lastCommitted: [PartitionOffset] = []
  var changed = false
  /// It stood still for so long that its partitions may be somebody else's.
  var needsProof = false

  init(daemon: Int, index: Int, _ guarantee: DeliveryGuarantee) {
    self.daemon = daemon
    self.index = index
    commit = CommitProtocol(guarantee)
  }

  mutating func forget() {
    shards = []
    held = []
    copies = []
    offsets = []
    lastCommitted = []
    toTake = nil
    known = nil
    asked = 0
    changed = false
  }

  /// Everything of this client is gone; its call may still be under way.
  mutating func reset(_ stage: Stage) {
    forget()
    queue = []
    call = nil
    mode = .running
    hasCommitted = false
    needsProof = false
    commit = CommitProtocol(commit.guarantee)
    self.stage = stage
  }
}
