import KafkaPipeline
import Testing

@testable import ControlPlane

private let failure = PipelineFailure(code: "kafka.down", fault: .external, retryable: true, message: "m", advice: "a")

struct HealthTests {
  private let now: Int64 = 1_000_000

  /// A pipeline that has run for a long time, with one good lane.
  private func good() -> HealthInput {
    var lifecycle = Lifecycle(desired: .stopped)
    _ = lifecycle.handle(.start, at: 0)
    _ = lifecycle.handle(.attemptRunning, at: 0)
    var lane = LaneStatus(index: 0, stage: .running)
    var partition = PartitionStatus(topic: "in", partition: 0)
    (partition.position, partition.end) = (10, 10)
    lane.partitions = [partition]
    lane.inputComplete = true
    lane.inputPartitionCount = 1
    lane.inputPartitionCounts = ["in": 1]
    lane.lastPassAt = now - 100
    lane.lastProgressAt = now - 100
    lane.lastCheckpointAt = now - 1_000
    var status = PipelineStatus(stage: .running, lanes: [lane])
    status.stats.consumerLag = 0
    return HealthInput(
      lifecycle: lifecycle, phaseSince: 0, status: status, probe: .reachable(lastAt: now - 2_000, since: 0),
      topics: ["in": topic(.partitions(1)), "out": topic(.partitions(1))], brokers: "b:9092", groupID: "g", inputTopics: ["in"], outputTopics: ["out", "dead"],
      autoCommitIntervalMs: 5_000, deliveryTimeoutMs: 5_000, now: now)
  }

  private func topic(_ finding: ClusterProbe.Topic.Finding) -> ClusterProbe.Topic { ClusterProbe.Topic(finding, askedAt: now - 2_000) }

  private func lane(_ change: (inout LaneStatus) -> Void) -> HealthInput {
    var input = good()
    if var lane = input.status?.lanes.first {
      change(&lane)
      input.status?.lanes = [lane]
    }
    return input
  }

  private func expect(
    _ input: HealthInput, _ level: HealthLevel, _ kind: HealthCondition.Kind, _ status: Bool?, _ reason: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    let health = Health(input)
    let condition = health.conditions.first { $0.kind == kind }
    #expect(health.level == level, "\(health)", sourceLocation: location)
    #expect(condition?.status == status && condition?.reason == reason, "\(health)", sourceLocation: location)
    #expect(health.conditions.map(\.kind) == HealthCondition.Kind.allCases, sourceLocation: location)
  }

  @Test("A pipeline that gets on is ok, and every condition is good")
  func allGood() {
    let health = Health(good())
    #expect(health.level == .ok && !health.conditions.contains { $0.isBad || $0.status == nil })
  }

  @Test("Brokers that do not answer make it failing in every phase in which it wants them")
  func brokersGone() {
    var input = good()
    input.probe = .unreachable(since: now - 7_000, reason: "connection refused")
    expect(input, .failing, .brokersReachable, false, "NoAnswer")
    for event in [LifecycleEvent.attemptEnded(failure)] {
      _ = input.lifecycle.handle(event, at: now)
      expect(input, .failing, .brokersReachable, false, "NoAnswer")
    }
    var starting = good()
    starting.lifecycle = Lifecycle(desired: .stopped)
    _ = starting.lifecycle.handle(.start, at: now)
    starting.phaseSince = now
    starting.probe = input.probe
    expect(starting, .failing, .brokersReachable, false, "NoAnswer")
    var stopped = good()
    stopped.lifecycle = Lifecycle(desired: .stopped)
    stopped.probe = input.probe
    expect(stopped, .ok, .brokersReachable, nil, "NotRunning")
  }

  @Test("A lane in one call for longer than 15 s hangs")
  func laneHangs() {
    expect(lane { $0.lastPassAt = now - 15_001 }, .failing, .progressing, false, "LaneHangs")
    expect(lane { $0.lastPassAt = now - 15_000 }, .ok, .progressing, true, "CaughtUp")
    var fresh = lane { $0.lastPassAt = 0 }
    fresh.lifecycle = Lifecycle(desired: .stopped)
    _ = fresh.lifecycle.handle(.start, at: now - 5_000)
    _ = fresh.lifecycle.handle(.attemptRunning, at: now - 5_000)
    fresh.phaseSince = now - 5_000
    expect(fresh, .ok, .progressing, true, "CaughtUp")
  }

  @Test("Unread records and nothing moving for 30 s is no progress; nothing unread is fine for ever")
  func noProgress() {
    let stuck = lane { lane in
      lane.partitions[0].end = 20
      lane.lastProgressAt = now - 30_001
    }
    expect(stuck, .failing, .progressing, false, "NothingMoves")
    expect(lane { $0.lastProgressAt = now - 900_000 }, .ok, .progressing, true, "CaughtUp")
    var unknown = lane { lane in
      lane.partitions[0].end = nil
      lane.lastProgressAt = nil
    }
    unknown.status?.stats.consumerLag = nil
    expect(unknown, .ok, .progressing, true, "Moving")
  }

  @Test("Offsets at the ends of Int64 do not trap")
  func hugeOffsets() {
    let input = lane { lane in
      var other = PartitionStatus(topic: "in", partition: 1)
      (other.position, other.end) = (Int64.min, Int64.max)
      lane.partitions = [other, other]
      lane.undelivered = .max
    }
    #expect(Health(input).conditions.count == HealthCondition.Kind.allCases.count)
  }

  @Test("A refused or overdue delivery is failing")
  func sink() {
    expect(lane { $0.produceError = "too large" }, .failing, .sinkDelivering, false, "DeliveryFailed")
    expect(lane { $0.undelivered = 3; $0.undeliveredSince = now - 7_001 }, .failing, .sinkDelivering, false, "DeliveryOverdue")
    expect(lane { $0.undelivered = 3; $0.undeliveredSince = now - 6_000 }, .ok, .sinkDelivering, true, "Delivering")
  }

  @Test("A checkpoint that fails or is older than three intervals and 10 s is degraded, if there is something to keep")
  func checkpoints() {
    expect(lane { $0.checkpointError = "disk full" }, .degraded, .checkpointFresh, false, "CheckpointFailed")
    expect(lane { $0.commitError = "no coordinator" }, .degraded, .checkpointFresh, false, "GroupCommitFailed")
    expect(lane { $0.lastCheckpointAt = now - 25_001 }, .degraded, .checkpointFresh, false, "CheckpointOld")
    expect(lane { $0.lastCheckpointAt = now - 25_000 }, .ok, .checkpointFresh, true, "Fresh")
    expect(lane { $0.lastCheckpointAt = now - 500_000; $0.lastProgressAt = now - 600_000 }, .ok, .checkpointFresh, true, "Fresh")
    expect(lane { $0.lastCheckpointAt = nil }, .degraded, .checkpointFresh, false, "CheckpointOld")
    expect(lane { $0.lastCheckpointAt = nil; $0.lastProgressAt = nil }, .ok, .checkpointFresh, true, "NoneYet")
  }

  @Test("Without all of the input it is failing; without any partition degraded")
  func partitions() {
    expect(lane { $0.inputComplete = false; $0.inputPartitionCount = 4 }, .failing, .inputComplete, false, "PartitionsElsewhere")
    expect(lane { $0.inputComplete = nil }, .ok, .inputComplete, nil, "NotKnownYet")
    expect(lane { $0.inputPartitionCount = 4 }, .ok, .partitionsAssigned, true, "AssignedInPart")
    expect(lane { $0.partitions = [] }, .degraded, .partitionsAssigned, false, "NoneAssigned")
  }

  @Test("A start is unknown for 15 s, then failing, or degraded while it waits for a worker; a later attempt is failing at once")
  func starting() {
    var input = good()
    input.lifecycle = Lifecycle(desired: .stopped)
    _ = input.lifecycle.handle(.start, at: now)
    input.status = PipelineStatus(stage: .starting)
    input.phaseSince = now - 14_999
    expect(input, .unknown, .progressing, nil, "NotRunning")
    input.phaseSince = now - 15_000
    expect(input, .failing, .progressing, nil, "NotRunning")
    input.status = PipelineStatus(stage: .waitingForWorker)
    expect(input, .degraded, .waitingForWorker, true, "NoFreeSlot")
    input.phaseSince = now
    expect(input, .degraded, .waitingForWorker, true, "NoFreeSlot")
    _ = input.lifecycle.handle(.attemptEnded(failure), at: now)
    #expect(Health(input).level == .degraded, "the first failure")
    _ = input.lifecycle.handle(.tick, at: now + 2_000)
    #expect(input.lifecycle.phase == .starting && Health(input).level == .failing)
    _ = input.lifecycle.handle(.attemptEnded(failure), at: now + 3_000)
    #expect(Health(input).level == .failing)
  }

  @Test("Stopped by wish is ok, failed is failing")
  func rest() {
    var input = good()
    _ = input.lifecycle.handle(.stop, at: now)
    #expect(Health(input).level == .ok)
    _ = input.lifecycle.handle(.attemptEnded(nil), at: now)
    #expect(Health(input).level == .ok)
    input.lifecycle = Lifecycle(failed: failure, at: now, desired: .running)
    #expect(Health(input).level == .failing)
  }

  @Test("A topic that is gone or may not be seen is failing and named, unless it was asked for before the lanes found it")
  func topics() {
    var input = good()
    input.topics["in"] = topic(.missing)
    expect(input, .failing, .inputComplete, false, "TopicMissing")
    #expect(Health(input).conditions.contains { $0.kind == .inputComplete && $0.message.contains("no topic in,") })
    _ = input.lifecycle.handle(.attemptEnded(failure), at: now)
    expect(input, .failing, .inputComplete, false, "TopicMissing")
    input = good()
    input.topics["dead"] = topic(.denied("no"))
    expect(input, .failing, .sinkDelivering, false, "TopicDenied")
    input.topics["dead"] = topic(.missing)
    expect(input, .failing, .sinkDelivering, false, "TopicMissing")
    input.topics["dead"]?.askedAt = -1
    expect(input, .ok, .sinkDelivering, true, "Delivered")
    // Of a first start nothing is said before its grace is over.
    input = good()
    input.topics["in"] = topic(.missing)
    input.lifecycle = Lifecycle(desired: .stopped)
    _ = input.lifecycle.handle(.start, at: now - 10_000)
    input.phaseSince = now - 10_000
    expect(input, .unknown, .inputComplete, nil, "NotRunning")
  }

  @Test("A partition without a leader is failing once it is more than a move of leaders")
  func leaderless() {
    var input = good()
    input.topics["in"] = ClusterProbe.Topic(.partitions(1), leaderless: [0], leaderlessSince: now - 4_001, askedAt: now - 1_000)
    expect(input, .failing, .progressing, false, "NoLeader")
    #expect(Health(input).conditions.contains { $0.message.hasPrefix("in/0 ") })
    input.topics["in"]?.leaderlessSince = now - 4_000
    expect(input, .ok, .progressing, true, "CaughtUp")
    input.topics["in"] = ClusterProbe.Topic(.partitions(1), leaderless: [0], leaderlessSince: now - 6_000, askedAt: now - 6_000)
    expect(input, .ok, .progressing, true, "CaughtUp")
    input = good()
    input.topics["out"] = ClusterProbe.Topic(.partitions(1), leaderless: [0], leaderlessSince: now - 9_000, askedAt: now)
    expect(input, .failing, .sinkDelivering, false, "NoLeader")
  }

  @Test("More partitions than the lanes know of is degraded; fewer are only an older answer")
  func partitionsChanged() {
    var input = good()
    input.topics["in"] = topic(.partitions(2))
    expect(input, .degraded, .partitionsChanged, true, "MorePartitions")
    input.topics["in"] = topic(.partitions(0))
    expect(input, .ok, .partitionsChanged, false, "AsBefore")
    input.topics = [:]
    expect(input, .ok, .partitionsChanged, nil, "NotAskedYet")
  }

  @Test("A transaction that holds a partition for more than 10 s is degraded, and the partition is named")
  func openTransaction() {
    let held = lane { $0.partitions[0].end = 12; $0.partitions[0].openTransactionSince = now - 10_001 }
    expect(held, .degraded, .progressing, false, "TransactionOpen")
    #expect(Health(held).conditions.contains { $0.message.hasPrefix("in/0 has stood still at offset 10 ") })
    expect(lane { $0.partitions[0].openTransactionSince = now - 10_000 }, .ok, .progressing, true, "CaughtUp")
  }

  @Test("Ten bad records and more over 10 s without a good one are degraded, until none came for a minute")
  func onlyBadRecords() {
    func bad(_ count: Int64, since: Int64, last: Int64, good: Int64?) -> HealthInput {
      lane {
        $0.bad = BadRecords(count: count, since: now - since, lastAt: now - last, reason: "not_json")
        $0.lastGoodAt = good.map { now - $0 }
      }
    }
    expect(bad(10, since: 10_001, last: 0, good: nil), .degraded, .progressing, false, "EveryRecordBad")
    expect(bad(10, since: 10_001, last: 60_000, good: 11_000), .degraded, .progressing, false, "EveryRecordBad")
    expect(bad(9, since: 10_001, last: 0, good: nil), .ok, .progressing, true, "CaughtUp")
    expect(bad(10, since: 10_000, last: 0, good: nil), .ok, .progressing, true, "CaughtUp")
    expect(bad(10, since: 90_000, last: 60_001, good: nil), .ok, .progressing, true, "CaughtUp")
    // Of another lane.
    expect(bad(10, since: 90_000, last: 0, good: 500), .ok, .progressing, true, "CaughtUp")
  }

  @Test("since stays while the status stays and moves when it changes, whatever the message says")
  func since() {
    let first = Health(good()).continuing(.unknown, at: 100)
    #expect(first.conditions.allSatisfy { $0.since == 100 })
    var later = good()
    later.probe = .reachable(lastAt: now - 4_000, since: 0)
    #expect(Health(later).continuing(first, at: 200).conditions.allSatisfy { $0.since == 100 })
    later.probe = .unreachable(since: 0, reason: "x")
    let broken = Health(later).continuing(first, at: 300)
    #expect(broken.conditions.map(\.since) == [300] + Array(repeating: 100, count: 8))
  }
}
