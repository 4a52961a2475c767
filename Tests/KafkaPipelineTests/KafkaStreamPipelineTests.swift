import Foundation
import KafkaClient
import RecordCodec
import StreamEngine
import Testing

@testable import KafkaPipeline

/// The library's pipeline on librdkafka's mock cluster.
@Suite(.serialized) struct KafkaStreamPipelineTests {
  struct Reading: Codable, Sendable, EventTimeExtractor, KeyExtractor {
    var t: Int64
    var k: String
    var v: Double
    var eventTime: EventTime { EventTime(milliseconds: t) }
    var key: EventKey { .session(k) }
  }

  /// Nothing comes out by idle time, however long other tests hold one up, unless it wants that.
  private func executor(_ builder: (StreamPipelineBuilder<Reading>) -> StreamPipelineBuilder<Reading> = { $0 }) throws -> StreamExecutor<Reading> {
    try builder(
      StreamPipelineBuilder<Reading>().withName("typed").withTumblingWindow(milliseconds: 1_000).withWatermark(.ascending)
        .withIdleTimeout(milliseconds: 3_600_000).withAggregation(.average(\.v), as: "avg").withAggregation(.count, as: "n")
    ).build().makeExecutor()
  }

  private func pipeline(_ cluster: EmbeddedCluster, _ executor: StreamExecutor<Reading>, edit: (inout KafkaStreamConfig) -> Void = { _ in })
    throws -> KafkaStreamPipeline
  {
    var config = KafkaStreamConfig(
      brokers: cluster.cluster.bootstrap, inputTopics: ["in"], outputTopic: "out", autoCommitIntervalMs: 200,
      consumerProperties: ["session.timeout.ms": "3000", "heartbeat.interval.ms": "500"])
    edit(&config)
    return try KafkaStreamPipeline(
      config: config, executor: executor, options: KafkaStreamOptions(stateDirectory: cluster.path("state"), log: { _, _ in }),
      decode: { try JSONDecoder().decode(Reading.self, from: Data($0)) })
  }

  private func cluster() throws -> EmbeddedCluster {
    let cluster = try EmbeddedCluster()
    for topic in ["in", "out"] { try cluster.cluster.makeTopic(topic, partitions: 4) }
    return cluster
  }

  private func record(_ key: String, _ time: Int64, _ value: Int) -> String { #"{"k":"\#(key)","t":\#(time),"v":\#(value)}"# }

  /// One record far ahead for each of several partitions, so that all windows before close.
  private func closing(_ time: Int64) -> [String] { (0..<40).map { record("close-\($0)", time, 0) } }

  @Test("Typed events become results; a shutdown and another start go on where it was")
  func run() async throws {
    let cluster = try cluster()
    try cluster.produce((0..<500).map { record("a", Int64($0), $0) } + ["not json"])
    let first = try pipeline(cluster, executor())
    #expect(first.healthCheck().level == .unknown)
    async let running: Void = first.run()
    await eventually("consumed") { first.stats.messagesConsumed == 501 }
    #expect(first.healthCheck() == KafkaStreamHealth(level: .ok, reason: "every record is read"))
    #expect(first.stats.skipped == ["not_json": 1])
    await first.shutdown()
    try await running
    #expect(first.healthCheck().level == .ok)
    #expect(first.stats.committedOffsets["in"]?.values.reduce(0, +) == 501)
    try cluster.produce((500..<1_000).map { record("a", Int64($0), $0) } + closing(60_000))
    let second = try pipeline(cluster, executor())
    let task = Task { try await second.run() }
    // A read does not wait as long as the task for its turn.
    await eventually("produced") { second.stats.messagesProduced == 1 }
    let results = try await onThread { try cluster.read { !$0.isEmpty } }
    #expect(results.first?["key"] == "session:a")
    #expect(results.first?["avg"] == 499.5)
    #expect(results.first?["n"] == 1_000)
    task.cancel()
    try await task.value
    #expect(second.stats.messagesProduced == 1)
  }

  @Test("A shutdown before run leaves nothing to run")
  func shutdownFirst() async throws {
    let cluster = try cluster()
    let pipeline = try pipeline(cluster, executor())
    await pipeline.shutdown()
    try await pipeline.run()
    #expect(pipeline.stats.messagesConsumed == 0)
  }

  @Test("What waiting does not cure ends the run with its reason")
  func fatal() async throws {
    let cluster = try cluster()
    let pipeline = try pipeline(cluster, executor()) { $0.consumerProperties["session.timeout.ms"] = "soon" }
    await #expect { try await pipeline.run() } throws: { ($0 as? PipelineFailure)?.code == "kafka.client_refused" }
    #expect(pipeline.healthCheck().level == .failing)
    #expect(pipeline.healthCheck().reason.contains("session.timeout.ms"))
  }

  @Test("Brokers that are not there are waited for, health says so, and a shutdown ends the wait")
  func noBroker() async throws {
    let cluster = try cluster()
    let pipeline = try pipeline(cluster, executor()) { $0.brokers = "127.0.0.1:1" }
    async let running: Void = pipeline.run()
    await eventually("failing") { pipeline.healthCheck().level == .failing }
    #expect(pipeline.healthCheck().reason.contains("127.0.0.1:1"))
    await pipeline.shutdown()
    try await running
  }

  @Test("A failed attempt starts again by itself, and its counters stay")
  func again() async throws {
    let cluster = try cluster()
    try cluster.produce((0..<100).map { record("a", Int64($0), 1) })
    // The first thing that is produced from here on is the result.
    cluster.cluster.refuseProduce(1)
    let pipeline = try pipeline(cluster, executor { $0.withIdleTimeout(milliseconds: 1_500) }) { $0.maxProduceRetries = 0 }
    async let running: Void = pipeline.run()
    // A read does not wait as long as the new attempt for its turn.
    await eventually("delivered") { pipeline.stats.messagesProduced == 1 }
    #expect(pipeline.stats.produceErrors == 1)
    let results = try await onThread { try cluster.read { !$0.isEmpty } }
    #expect(results.first?["n"] == 100)
    await pipeline.shutdown()
    try await running
  }

  @Test("Watermarks set by hand close windows in every partition, also of a pipeline that was not yet running")
  func manual() async throws {
    let cluster = try cluster()
    try cluster.produce((0..<100).map { record("a", Int64($0) * 100, 1) })
    let pipeline = try pipeline(cluster, executor { $0.withWatermark(.manual).withAllowedLateness(milliseconds: 0) })
    pipeline.setWatermark(0)
    async let running: Void = pipeline.run()
    await eventually("consumed") { pipeline.stats.messagesConsumed == 100 }
    pipeline.setWatermark(3_000)
    pipeline.setWatermark(1_000)
    let results = try await onThread { try cluster.read { $0.count >= 3 } }
    #expect(results.compactMap { $0["window_start"]?.integerValue } == [0, 1_000, 2_000])
    // The results are reported as delivered after the watermark that let them out.
    await eventually("told") { pipeline.stats.watermarkMs == 3_000 && pipeline.stats.messagesProduced == 3 }
    await pipeline.shutdown()
    try await running
  }

  @Test("Punctuated watermarks come from the records that vouch for a time")
  func punctuated() async throws {
    let cluster = try cluster()
    let watermark = WatermarkStrategy<Reading>.punctuated { $0.k == "mark" ? $0.eventTime : nil }
    let pipeline = try pipeline(cluster, executor { $0.withWatermark(watermark).withFilter { $0.k != "mark" } })
    async let running: Void = pipeline.run()
    try cluster.produce([record("a", 0, 1), record("a", 9_000, 1)])
    await eventually("consumed") { pipeline.stats.messagesConsumed == 2 }
    #expect(pipeline.stats.watermarkMs == nil)
    // Several, so that one is in each partition.
    try cluster.produce((0..<40).map { _ in record("mark", 1_000, 0) })
    let results = try await onThread { try cluster.read { !$0.isEmpty } }
    #expect(results.map { $0["window_start"] } == [0])
    await eventually("told") { pipeline.stats.filtered == 40 }
    await pipeline.shutdown()
    try await running
  }

  @Test("Every fault of the configuration is named")
  func faults() throws {
    let cluster = try cluster()
    let config = KafkaStreamConfig(brokers: "", groupID: "", inputTopics: ["x", "x"], outputTopic: "x", autoCommitIntervalMs: 0, deliveryTimeoutMs: 1)
    #expect {
      try KafkaStreamPipeline(
        config: config, executor: executor(), options: KafkaStreamOptions(stateDirectory: cluster.path("s"), parallelism: 2),
        decode: { _ in Reading(t: 0, k: "", v: 0) })
    } throws: { error in
      let faults = (error as? InvalidPipeline)?.faults ?? []
      return ["brokers", "groupID", "one twice", "input and output", "autoCommit", "deliveryTimeout", "key scope partition"].allSatisfy { word in
        faults.contains { $0.contains(word) }
      } && faults.count == 7
    }
  }

  @Test("A state directory without its identity is refused, not given another")
  func lostIdentity() async throws {
    let cluster = try cluster()
    try cluster.produce([record("a", 0, 1)])
    let pipeline = try pipeline(cluster, executor())
    async let running: Void = pipeline.run()
    await eventually("stored") { pipeline.stats.checkpoints > 0 }
    await pipeline.shutdown()
    try await running
    try FileManager.default.removeItem(atPath: cluster.path("state") + "/typed/store-id")
    #expect { try self.pipeline(cluster, executor()) } throws: { ($0 as? PipelineFailure)?.code == "state.damaged" }
  }
}
