import KafkaClient
import StreamEngine
import Synchronization
import Testing

@testable import KafkaPipeline

/// Source, sink and offset manager as programs use them, on librdkafka's mock cluster.
@Suite(.serialized) struct PartsTests {
  private func cluster() throws -> EmbeddedCluster {
    let cluster = try EmbeddedCluster()
    for topic in ["in", "out"] { try cluster.cluster.makeTopic(topic, partitions: 4) }
    return cluster
  }

  private func config(_ cluster: EmbeddedCluster) -> KafkaStreamConfig {
    // The mock cluster lets go of a member that left only when its session ends.
    KafkaStreamConfig(
      brokers: cluster.cluster.bootstrap, inputTopics: ["in"], outputTopic: "out", pollTimeoutMs: 20,
      consumerProperties: ["session.timeout.ms": "3000", "heartbeat.interval.ms": "500"])
  }

  private func numbers(_ range: Range<Int>) -> [String] { range.map(String.init) }

  private func number(_ record: KafkaRecord) -> Int { record.value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? -1 }

  @Test("What was processed is committed, and the next source goes on after it")
  func offsets() async throws {
    let cluster = try cluster()
    try cluster.produce(numbers(0..<500))
    let first = try KafkaStreamSource(config: config(cluster), batchSize: 64)
    let manager = OffsetManager(source: first)
    var seen: [Int] = []
    try await first.run { batch in
      #expect(batch.count <= 64)
      for record in batch where seen.count < 200 {
        #expect(record.topic == "in")
        #expect(record.timestamp == 1_000)
        seen.append(number(record))
        manager.trackOffset(topic: record.topic, partition: record.partition, offset: record.offset)
      }
      if seen.count == 200 { Task { await first.stop() } }
    }
    #expect(first.stats.offsetsCommitted > 0)
    #expect(first.stats.committedOffsets["in"]?.values.reduce(0, +) == 200)
    let second = try KafkaStreamSource(config: config(cluster))
    let rest = OffsetManager(source: second)
    try await second.run { batch in
      for record in batch { seen.append(number(record)) }
      rest.trackOffsets(of: batch)
      try await rest.commitOffsets()
      if seen.count >= 500 { Task { await second.stop() } }
    }
    #expect(seen.sorted() == Array(0..<500))
    #expect(second.stats.messagesConsumed == 300)
    #expect(second.stats.commitErrors == 0)
  }

  @Test("What is tracked once more, below what is committed, does not take the group back")
  func neverBack() async throws {
    let cluster = try cluster()
    try cluster.produce(numbers(0..<40))
    let source = try KafkaStreamSource(config: config(cluster))
    let manager = OffsetManager(source: source)
    try await source.run { batch in
      manager.trackOffsets(of: batch)
      try await manager.commitOffsets()
      let before = source.stats
      for record in batch { manager.trackOffset(topic: record.topic, partition: record.partition, offset: record.offset - 1) }
      try await manager.commitOffsets()
      #expect(source.stats.committedOffsets == before.committedOffsets)
      #expect(source.stats.offsetsCommitted == before.offsetsCommitted)
      Task { await source.stop() }
    }
    #expect(source.stats.offsetsCommitted > 0)
  }

  @Test("Offsets are committed from time to time while it runs; without any record nothing is")
  func autoCommit() async throws {
    let cluster = try cluster()
    try cluster.produce(numbers(0..<40))
    let source = try KafkaStreamSource(config: config(cluster))
    let manager = OffsetManager(source: source)
    manager.startAutoCommit(everyMilliseconds: 20)
    let running = Task { try await source.run { manager.trackOffsets(of: $0) } }
    await eventually("committed") { source.stats.committedOffsets["in"]?.values.reduce(0, +) == 40 }
    let commits = source.stats.offsetsCommitted
    try await manager.commitOffsets()
    try await manager.stop()
    #expect(source.stats.offsetsCommitted == commits)
    running.cancel()
    try await running.value
    #expect(source.stats.commitErrors == 0)
    // After the end there is nobody to commit with, and no error.
    manager.trackOffset(topic: "in", partition: 0, offset: 7)
    try await manager.commitOffsets()
  }

  @Test("Offsets of partitions that are not the source's own are left out")
  func foreignOffsets() async throws {
    let cluster = try cluster()
    try cluster.produce(numbers(0..<10))
    let source = try KafkaStreamSource(config: config(cluster))
    let manager = OffsetManager(source: source)
    manager.trackOffset(topic: "in", partition: 0, offset: 5)
    try await source.run { batch in
      manager.trackOffset(topic: "in", partition: 99, offset: 5)
      manager.trackOffset(topic: "other", partition: 0, offset: 5)
      try await manager.commitOffsets()
      Task { await source.stop() }
    }
    #expect(source.stats.offsetsCommitted == 0)
  }

  @Test("An error of the handler ends the run with it")
  func handlerError() async throws {
    struct Stop: Error {}
    let cluster = try cluster()
    try cluster.produce(numbers(0..<10))
    let source = try KafkaStreamSource(config: config(cluster))
    await #expect(throws: Stop.self) { try await source.run { _ in throw Stop() } }
    await source.stop()
  }

  @Test("latest starts after what is there; a stop before the run leaves nothing to run")
  func latest() async throws {
    let cluster = try cluster()
    try cluster.produce(numbers(0..<10))
    let source = try KafkaStreamSource(config: config(cluster), startAt: .latest)
    let seen = Mutex<[Int]>([])
    let running = Task { try await source.run { batch in seen.withLock { $0 += batch.map(number) } } }
    await eventually("assigned") { source.stats.consumerLag == 0 }
    try cluster.produce(numbers(10..<20))
    await eventually("read") { seen.withLock { $0.count } == 10 }
    #expect(seen.withLock { $0.sorted() } == Array(10..<20))
    await source.stop()
    try await running.value
    let other = try KafkaStreamSource(config: config(cluster))
    await other.stop()
    try await other.run { _ in Issue.record("it was stopped") }
  }

  @Test("Every fault of a configuration is named")
  func faults() throws {
    let config = KafkaStreamConfig(brokers: "", groupID: "", inputTopics: [], outputTopic: "")
    #expect { try KafkaStreamSource(config: config, batchSize: 0) } throws: { ($0 as? InvalidPipeline)?.faults.count == 4 }
    #expect { try KafkaStreamSink(config: config, queueLimit: 0) } throws: { ($0 as? InvalidPipeline)?.faults.count == 3 }
  }

  @Test("What is sent is there once it is flushed, keyed records of a key in one partition and in order")
  func sink() async throws {
    let cluster = try cluster()
    let sink = try KafkaStreamSink(config: config(cluster), queueLimit: 16)
    let running = Task { try await sink.run() }
    for index in 0..<300 {
      try await sink.send(key: index % 3 == 0 ? nil : Array("key-\(index % 3)".utf8), value: Array("\(index)".utf8), timestamp: 5_000)
    }
    try await sink.send(key: Array("key-1".utf8), value: nil)
    try await sink.send(key: [], value: [])
    try await sink.flush()
    #expect(sink.stats.messagesProduced == 302)
    try await sink.stop()
    try await running.value
    await #expect { try await sink.send(key: nil, value: [1]) } throws: { ($0 as? PipelineFailure)?.message == "the sink was stopped" }
    var config = config(cluster)
    config.inputTopics = ["out"]
    let source = try KafkaStreamSource(config: config)
    var ofKey: [Int] = []
    var partitionsOfKey: Set<Int> = []
    var (unkeyed, tombstones, empty, total) = (0, 0, 0, 0)
    try await source.run { batch in
      for record in batch {
        total += 1
        guard let key = record.key.map({ String(decoding: $0, as: UTF8.self) }) else {
          unkeyed += 1
          continue
        }
        if record.value == nil { tombstones += 1 }
        if key.isEmpty && record.value?.count == 0 { empty += 1 }
        if key == "key-2" {
          ofKey.append(number(record))
          partitionsOfKey.insert(record.partition)
        }
      }
      if total == 302 { Task { await source.stop() } }
    }
    #expect(ofKey == stride(from: 2, to: 300, by: 3).map { $0 })
    #expect(partitionsOfKey.count == 1)
    #expect(unkeyed == 100)
    #expect(tombstones == 1)
    #expect(empty == 1)
  }

  @Test("A record that is not delivered ends the sink, and who waits is told why")
  func refused() async throws {
    let cluster = try cluster()
    let sink = try KafkaStreamSink(config: config(cluster))
    cluster.cluster.refuseProduce(1)
    let running = Task { try await sink.run() }
    try await sink.send(key: nil, value: [1])
    await #expect { try await sink.flush() } throws: { ($0 as? PipelineFailure)?.message.contains("delivering to out") == true }
    await #expect(throws: PipelineFailure.self) { try await running.value }
    await #expect(throws: PipelineFailure.self) { try await sink.send(key: nil, value: [1]) }
    #expect(sink.stats.produceErrors == 1)
  }

  @Test("Without brokers a stop ends at its deadline and says what is left")
  func deadline() async throws {
    let cluster = try cluster()
    var config = config(cluster)
    config.brokers = "127.0.0.1:1"
    config.deliveryTimeoutMs = 60_000
    let sink = try KafkaStreamSink(config: config)
    try await sink.send(key: nil, value: [1])
    await #expect { try await sink.stop(flushMilliseconds: 200) } throws: { ($0 as? PipelineFailure)?.message.contains("1 records were not confirmed") == true }
  }
}
