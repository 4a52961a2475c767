import KafkaClient
import Testing

@testable import KafkaPipeline

struct KafkaStreamHealthTests {
  static let start: Int64 = 1_000_000
  /// Two minutes after the start, in the middle of everything.
  static let now = start + 120_000

  struct Case: CustomTestStringConvertible, Sendable {
    var what: String
    var stage: PipelineStatus.Stage = .running
    var level: KafkaStreamHealth.Level
    var words: String
    var change: @Sendable (inout LaneStatus) -> Void
    var testDescription: String { what }
  }

  static let cases: [Case] = [
    Case(what: "a lane that gets on is ok", level: .ok, words: "records are being read") { _ in },
    Case(what: "windows that lack records are named", level: .degraded, words: "in/0: records 5..<9") {
      $0.gaps = [StateGap(partition: TopicPartition("in", 0), from: 5, to: 9)]
    },
    Case(what: "an open transaction is named once it holds a partition for longer than usual", level: .degraded, words: "has not ended") {
      $0.partitions[0].openTransactionSince = now - 11_000
    },
    Case(what: "an open transaction of a moment is none", level: .ok, words: "records are being read") {
      $0.partitions[0].openTransactionSince = now - 9_000
    },
    Case(what: "nothing but bad records is said, with the reason", level: .degraded, words: "not_json") {
      $0.bad = BadRecords(count: 10, since: now - 11_000, lastAt: now, reason: "not_json")
    },
    Case(what: "bad records among good ones are none", level: .ok, words: "records are being read") {
      $0.bad = BadRecords(count: 10, since: now - 11_000, lastAt: now, reason: "not_json")
      $0.lastGoodAt = now - 9_000
    },
    Case(what: "checkpoints that do not come are said", level: .degraded, words: "no checkpoint for 26 s") {
      $0.lastCheckpointAt = now - 26_000
    },
    Case(what: "a lane that moved nothing since its checkpoint needs none", level: .ok, words: "records are being read") {
      $0.lastCheckpointAt = now - 26_000
      $0.lastProgressAt = now - 26_000
    },
    Case(what: "a long start that reads windows again is no failure", stage: .starting, level: .degraded, words: "70 records to go, about 8 s") {
      $0.replay = ReplayProgress(recordsToGo: 70, secondsToGo: 7.5)
    },
    Case(what: "a long start without a reason is one", stage: .starting, level: .failing, words: "starting") { _ in },
    Case(what: "of several reasons the worst counts", level: .failing, words: "results are not delivered: no space") {
      $0.gaps = [StateGap(partition: TopicPartition("in", 0), from: 5, to: 9)]
      $0.produceError = "no space"
    },
  ]

  @Test("How a pipeline is follows from what its lanes say", arguments: cases)
  func level(_ row: Case) {
    var partition = PartitionStatus(topic: "in", partition: 0)
    (partition.position, partition.end) = (10, 20)
    var lane = LaneStatus(index: 0, stage: row.stage)
    lane.partitions = [partition]
    (lane.lastPassAt, lane.lastProgressAt, lane.lastCheckpointAt) = (Self.now, Self.now, Self.now)
    row.change(&lane)
    var status = PipelineStatus(stage: row.stage, lanes: [lane])
    status.stats.consumerLag = 10
    let health = KafkaStreamHealth(status, .unknown, kafka: KafkaStreamConfig(), since: Self.start, now: Self.now)
    #expect(health.level == row.level)
    #expect(health.reason.contains(row.words), "\(health.reason)")
  }
}
