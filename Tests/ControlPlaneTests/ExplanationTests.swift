import Testing

@testable import ControlPlane
@testable import KafkaPipeline

struct ExplanationTests {
  /// A pipeline with one window that waits for a partition.
  private func waiting(
    watermarkMs: Int64 = 500, nextWindowEnd: Int64 = 60_000, _ change: (inout PartitionStatus) -> Void
  ) throws -> (world: World, pipeline: PipelineSnapshot) {
    let world = try World()
    try world.create("a")
    try world.wait("it runs") { world.phase("a") == .running }
    let fake = try #require(world.fakes.with { $0.made.last })
    fake.change { status in
      var partition = PartitionStatus(topic: "in", partition: 3)
      (partition.position, partition.end, partition.watermarkMs) = (10, 10, 500)
      change(&partition)
      status.lanes[0].partitions = [partition]
      status.lanes[0].shards = [ShardStatus(number: 0, watermarkMs: watermarkMs, openWindows: 1, nextWindowEnd: nextWindowEnd)]
    }
    return (world, try #require(world.supervisor.snapshot("a")))
  }

  @Test("A window behind an open transaction is held by it, and the partition is named")
  func openTransaction() throws {
    let (world, pipeline) = try waiting { $0.end = 12; $0.openTransactionSince = 1_000 }
    let explanation = Explanation(pipeline, [])
    #expect(explanation.heldBy.map(\.reason) == [.openTransaction] && explanation.heldBy[0].since == 1_000, "\(explanation)")
    #expect(explanation.summary.contains("in/3: a transaction in it has not ended") && explanation.releases.contains { $0.contains("end of the open transaction") })
    withExtendedLifetime(world) {}
  }

  @Test("What keeps every window from coming out is told before who holds the next one")
  func trouble() throws {
    var (world, pipeline) = try waiting { _ in }
    #expect(Explanation(pipeline, []).heldBy.map(\.reason) == [.noRecordYet])
    let faults: [(HealthCondition.Kind, String, String)] = [
      (.inputComplete, "TopicMissing", "create the topic"), (.brokersReachable, "NoAnswer", "the return of the brokers"),
      (.progressing, "EveryRecordBad", "records that can be decoded, or a spec that fits them"),
    ]
    for (kind, reason, release) in faults {
      pipeline.health = Health(level: .failing, conditions: [HealthCondition(kind, false, reason, "the cause")])
      let explanation = Explanation(pipeline, [])
      #expect(explanation.summary == "the cause" && explanation.releases == [release] && explanation.heldBy.isEmpty)
    }
    pipeline.health = Health(level: .degraded, conditions: [HealthCondition(.progressing, false, "TransactionOpen", "the cause")])
    #expect(Explanation(pipeline, []).heldBy.count == 1)
    withExtendedLifetime(world) {}
  }

  @Test("A record with the lowest event time there is makes a watermark that is explained like any other", arguments: [500, Int64.min + 1, .min])
  func lowestWatermark(watermarkMs: Int64) throws {
    let (world, pipeline) = try waiting(watermarkMs: watermarkMs) { $0.watermarkMs = .min }
    var stats = KafkaStreamStats()
    stats.watermarkMs = .min
    let explanation = Explanation(pipeline, [StatsSample(stats, at: pipeline.now - 1_000, steadyAt: 0)])
    #expect(explanation.heldBy.map(\.watermarkMs) == [.min] && explanation.behindMs.map { $0 > 0 } == true, "\(explanation)")
    withExtendedLifetime(world) {}
  }

  @Test("Where every partition is idle at the lowest watermark, there is no telling when the window comes")
  func lowestIdle() throws {
    let (world, pipeline) = try waiting(watermarkMs: .min) {
      $0.watermarkMs = .min
      $0.idle = true
    }
    let explanation = Explanation(pipeline, [])
    #expect(explanation.summary.hasPrefix("every partition is idle") && explanation.expectedAt == nil, "\(explanation)")
    withExtendedLifetime(world) {}
  }
}
