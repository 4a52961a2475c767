import Testing

@testable import ControlPlane
@testable import KafkaPipeline

struct ExplanationTests {
  /// A pipeline with one window that waits for a partition.
  private func waiting(_ change: (inout PartitionStatus) -> Void) throws -> (world: World, pipeline: PipelineSnapshot) {
    let world = try World()
    try world.create("a")
    try world.wait("it runs") { world.phase("a") == .running }
    let fake = try #require(world.fakes.with { $0.made.last })
    fake.change { status in
      var partition = PartitionStatus(topic: "in", partition: 3)
      (partition.position, partition.end, partition.watermarkMs) = (10, 10, 500)
      change(&partition)
      status.lanes[0].partitions = [partition]
      status.lanes[0].shards = [ShardStatus(number: 0, watermarkMs: 500, openWindows: 1, nextWindowEnd: 60_000)]
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
}
