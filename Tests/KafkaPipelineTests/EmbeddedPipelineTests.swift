import KafkaClient
import RecordCodec
import StreamEngine
import Testing

@testable import KafkaPipeline

/// The whole lane on librdkafka's mock cluster: quick checks; what needs a real Kafka is tested on one.
@Suite(.serialized) struct EmbeddedPipelineTests {
  private func record(_ key: String, _ time: Int64, _ value: Int) -> String { #"{"k":"\#(key)","t":\#(time),"v":\#(value)}"# }

  /// One record far ahead for each of several partitions, so that all windows before close.
  private func closing(_ time: Int64) -> [String] { (0..<40).map { record("close-\($0)", time, 0) } }

  private func run(_ pipeline: PipelineAttempt) {
    pipeline.start()
    wait("running") { pipeline.status.stage == .running }
  }

  private func stop(_ pipeline: PipelineAttempt, _ mode: PipelineAttempt.StopMode = .keepMembership) {
    pipeline.stop(mode)
    wait("ended") {
      pipeline.tick()
      return pipeline.status.stage == .ended
    }
    #expect(pipeline.status.failure == nil)
    #expect(!pipeline.status.forced)
  }

  private func figures(_ results: [JSONValue], _ key: String) -> [Int64: Int64] {
    var figures: [Int64: Int64] = [:]
    for result in results where result["key"]?.stringValue == key {
      guard let start = result["window_start"]?.integerValue, let sum = result["sum"]?.integerValue else { continue }
      #expect(figures[start] == nil, "window \(start) of \(key) came twice")
      figures[start] = sum
    }
    return figures
  }

  @Test("Records become one result per key and window, with the figures of the records")
  func windows() throws {
    let cluster = try EmbeddedCluster()
    var records: [String] = []
    for index in 0..<3_000 { records.append(record("key-\(index % 3)", Int64(index), index)) }
    try cluster.produce(records + ["not json", ""] + closing(60_000))
    let pipeline = PipelineAttempt(plan: cluster.plan(), environment: cluster.environment())
    run(pipeline)
    let results = try cluster.read { $0.count >= 9 }
    #expect(results.count == 9)
    for key in 0..<3 {
      var expected: [Int64: Int64] = [:]
      for index in 0..<3_000 where index % 3 == key { expected[Int64(index / 1_000) * 1_000, default: 0] += Int64(index) }
      #expect(figures(results, "key-\(key)") == expected)
    }
    let first = try #require(results.first { $0["key"]?.stringValue == "key-1" && $0["window_start"]?.integerValue == 1_000 })
    #expect(first["window_end"] == 2_000)
    #expect(first["revision"] == 1)
    #expect(first["count"] == 334)
    // The windows close with the first of the closing records in each partition; the rest of them may come later.
    wait("stats") { pipeline.status.stats.messagesProduced == 9 && pipeline.status.stats.messagesConsumed == 3_042 }
    let stats = pipeline.status.stats
    #expect(stats.skipped.values.reduce(0, +) == 2)
    #expect(stats.onTime + stats.lateAccepted + stats.lateDropped + 2 == stats.messagesConsumed)
    stop(pipeline)
  }

  @Test("A stop and a new start go on where it was: nothing lost, nothing twice")
  func restart() throws {
    let cluster = try EmbeddedCluster()
    try cluster.produce((0..<500).map { record("a", Int64($0), 1) })
    let first = PipelineAttempt(plan: cluster.plan(), environment: cluster.environment())
    run(first)
    wait("consumed") { first.status.stats.messagesConsumed == 500 }
    stop(first)
    #expect(first.status.stats.committedOffsets["in"]?.values.reduce(0, +) == 500)
    try cluster.produce((500..<1_000).map { record("a", Int64($0), 1) } + closing(60_000))
    let second = PipelineAttempt(plan: cluster.plan(), environment: cluster.environment())
    run(second)
    let results = try cluster.read { !$0.isEmpty }
    #expect(figures(results, "a") == [0: 1_000])
    wait("consumed") { second.status.stats.messagesConsumed == 540 }
    stop(second, .leaveGroup)
  }

  @Test("The last window comes out by the wall clock once all partitions are idle")
  func idle() throws {
    let cluster = try EmbeddedCluster()
    try cluster.produce((0..<100).map { record("a", Int64($0), 1) })
    var plan = cluster.plan()
    plan.idleTimeout = 300
    let pipeline = PipelineAttempt(plan: plan, environment: cluster.environment())
    run(pipeline)
    #expect(figures(try cluster.read { !$0.isEmpty }, "a") == [0: 100])
    stop(pipeline)
  }

  @Test("Partitions that are idle let the others' windows out, also when a checkpoint is due at that moment")
  func idlePartitions() throws {
    let cluster = try EmbeddedCluster()
    // By murmur2 these keys are in the partitions 0, 1, 2 and 3 of 4: the first one holds the others back until it is idle.
    try cluster.produce((0..<100).map { record("a", Int64($0), 1) }, key: "a")
    for key in ["two", "four", "one"] { try cluster.produce([record("b", 5_500, 1)], key: key) }
    var plan = cluster.plan()
    plan.idleTimeout = 300
    plan.kafka.autoCommitIntervalMs = 10
    let pipeline = PipelineAttempt(plan: plan, environment: cluster.environment())
    run(pipeline)
    #expect(figures(try cluster.read { !$0.isEmpty }, "a") == [0: 100])
    stop(pipeline)
  }

  @Test("After an idle time a burst on all partitions makes nothing late")
  func burstAfterIdle() throws {
    let cluster = try EmbeddedCluster()
    try cluster.produce((0..<100).map { record("a", Int64($0), 1) })
    var plan = cluster.plan()
    plan.idleTimeout = 300
    plan.executor.maxDelay = 2_000
    let pipeline = PipelineAttempt(plan: plan, environment: cluster.environment())
    run(pipeline)
    wait("all partitions are idle") { pipeline.status.lanes[0].partitions.filter(\.idle).count == 4 }
    // Ten minutes of event time, in order in each partition.
    try cluster.produce((0..<8_000).map { record("b", 10_000 + Int64($0) * 75, 1) })
    wait("all are read") { pipeline.status.stats.messagesConsumed == 8_100 }
    #expect(pipeline.status.stats.lateDropped == 0)
    stop(pipeline)
  }

  @Test("Brokers that are not there are named within 15 s, and a stop does not wait for them")
  func noBroker() throws {
    let cluster = try EmbeddedCluster()
    var plan = cluster.plan()
    plan.kafka.brokers = "127.0.0.1:1"
    let pipeline = PipelineAttempt(plan: plan, environment: cluster.environment())
    pipeline.start()
    wait("the reason", seconds: 15) { pipeline.status.failure?.code == "kafka.brokers_unreachable" }
    #expect(pipeline.status.failure?.message.contains("127.0.0.1:1") == true)
    #expect(pipeline.status.stage == .starting)
    stop(pipeline)
  }

  @Test("A pipeline without a free worker waits for one and says so")
  func workers() throws {
    let cluster = try EmbeddedCluster()
    let workers = WorkerPool(slots: 1)
    let first = PipelineAttempt(plan: cluster.plan("first"), environment: cluster.environment(workers: workers))
    run(first)
    let second = PipelineAttempt(plan: cluster.plan("second", output: "other"), environment: PipelineEnvironment(
      storeID: "s", stateDirectory: cluster.path("second"), workers: workers, embeddedBroker: true,
      log: { _, _ in }))
    second.start()
    #expect(second.status.stage == .waitingForWorker)
    stop(first)
    wait("its turn") { second.status.stage == .running }
    stop(second)
    #expect(workers.busy == 0)
  }

  @Test("The client refuses a property value: that is said, and trying again is no use")
  func badProperty() throws {
    let cluster = try EmbeddedCluster()
    var plan = cluster.plan()
    plan.kafka.consumerProperties["session.timeout.ms"] = "soon"
    let pipeline = PipelineAttempt(plan: plan, environment: cluster.environment())
    pipeline.start()
    wait("ended") { pipeline.status.stage == .ended }
    #expect(pipeline.status.failure?.code == "kafka.client_refused")
    #expect(pipeline.status.failure?.retryable == false)
  }

  /// A pipeline whose only result is refused by the broker once. It comes out by idle time, long after everything is read.
  private func runRefused(_ cluster: EmbeddedCluster, retries: Int) throws -> PipelineAttempt {
    var plan = cluster.plan()
    plan.idleTimeout = 1_500
    plan.kafka.maxProduceRetries = retries
    // A checkpoint is always under way: one that took the failed report for a delivery would lose the result for good.
    plan.kafka.autoCommitIntervalMs = 10
    try cluster.produce((0..<100).map { record("a", Int64($0), 1) })
    // The first thing that is produced from here on is the result.
    cluster.cluster.refuseProduce(1)
    let pipeline = PipelineAttempt(plan: plan, environment: cluster.environment())
    run(pipeline)
    return pipeline
  }

  @Test("A failed delivery takes the lane back to its checkpoint, and the result comes out all the same", arguments: 0..<4)
  func deliveryFailure(round: Int) throws {
    let cluster = try EmbeddedCluster()
    let pipeline = try runRefused(cluster, retries: 3)
    #expect(figures(try cluster.read { !$0.isEmpty }, "a") == [0: 100])
    wait("running again") { pipeline.status.stage == .running && pipeline.status.failure == nil }
    #expect(pipeline.status.stats.produceErrors > 0)
    stop(pipeline)
  }

  @Test("Once max_produce_retries are used up, the attempt ends with the reason")
  func deliveryFailures() throws {
    let cluster = try EmbeddedCluster()
    let pipeline = try runRefused(cluster, retries: 0)
    wait("the end") { pipeline.status.stage == .ended }
    #expect(pipeline.status.failure?.retryable == true)
    #expect(pipeline.status.failure?.message.contains("delivering results to out") == true)
    #expect(pipeline.status.stats.produceErrors == 1)
  }
}
