import Foundation
import KafkaClient
import RecordCodec
import StreamEngine
import Testing

@testable import KafkaPipeline

/// A mock cluster with an input and an output topic, and what tests do with them.
final class EmbeddedCluster: Sendable {
  let cluster: MockCluster
  let folder: URL

  init() throws {
    cluster = try MockCluster()
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("penstock-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Tumbling windows of 1 s; key from the member `k`; count, sum, avg, min, max of the member `v`.
  func plan(_ name: String = "p", input: String = "in", output: String = "out") -> PipelinePlan {
    var kafka = KafkaStreamConfig()
    kafka.brokers = cluster.bootstrap
    kafka.groupID = "penstock-\(name)"
    kafka.inputTopics = [input]
    kafka.outputTopic = output
    kafka.autoCommitIntervalMs = 200
    var executor = ExecutorConfiguration(
      window: .tumbling(size: 1_000, offset: 0),
      aggregations: [
        AggregationPlan(function: .count, field: nil), AggregationPlan(function: .sum, field: 0),
        AggregationPlan(function: .avg, field: 0), AggregationPlan(function: .min, field: 0), AggregationPlan(function: .max, field: 0),
      ], fieldCount: 1)
    executor.maxDelay = 0
    return PipelinePlan(
      name: name, kafka: kafka,
      decoder: RecordDecoderConfiguration(
        timestamp: .field(FieldPath("t"), .milliseconds), key: .fields([FieldPath("k")], .plain), fields: [FieldColumn(FieldPath("v"))]),
      executor: executor, memberNames: ["count", "sum", "avg", "min", "max"], scope: .global, stateIdentity: "test")
  }

  func environment(workers: WorkerPool = WorkerPool(slots: 8)) -> PipelineEnvironment {
    PipelineEnvironment(
      storeID: "0123456789abcdef", stateDirectory: path("state"), workers: workers,
      embeddedBroker: true, log: { _, _ in })
  }

  /// `key`: the same record key for all, so that they go to one partition; without it they are spread.
  func produce(_ values: [String], topic: String = "in", key: String? = nil) throws {
    let producer = try KafkaProducer(properties: [("bootstrap.servers", cluster.bootstrap), ("linger.ms", "50"), ("partitioner", "murmur2")], topic: topic)
    defer { producer.close() }
    let headers = RecordHeaders([])
    for (index, value) in values.enumerated() {
      var key = key ?? "\(index)"
      var text = value
      var sent = false
      while !sent {
        let outcome = key.withUTF8 { key in
          text.withUTF8 { value in
            producer.produce(
              key: UnsafeRawBufferPointer(key), value: UnsafeRawBufferPointer(value), timestamp: 1_000, headers: headers, parity: 0)
          }
        }
        switch outcome {
        case .queued: sent = true
        case .full: producer.poll(timeoutMs: 10)
        case .refused(let error): throw error
        }
      }
    }
    producer.flush(timeoutMs: 60_000)
    #expect(producer.delivered == Int64(values.count))
  }

  /// Every record of a topic, read until `enough` or for a minute.
  func read(_ topic: String = "out", until enough: @Sendable ([JSONValue]) -> Bool) throws -> [JSONValue] {
    let consumer = try KafkaConsumer(properties: [
      ("bootstrap.servers", cluster.bootstrap), ("group.id", "reader"), ("enable.auto.commit", "false"), ("auto.offset.reset", "earliest"),
    ])
    defer { consumer.close(leaving: false) }
    try consumer.assign((0..<4).map { PartitionOffset(TopicPartition(topic, $0), offset: 0) })
    let batch = RecordBatch(capacity: 1_000)
    var results: [JSONValue] = []
    let deadline = Clock.monotonicMs() + 60_000
    while Clock.monotonicMs() < deadline && !enough(results) {
      _ = consumer.poll(into: batch, limit: 1_000, timeoutMs: 100)
      for index in 0..<batch.count {
        let bytes = UnsafeBufferPointer(start: batch.values[index], count: Int(batch.valueLengths[index]))
        results.append(try JSONValue.parse(Array(bytes)))
      }
      batch.release()
    }
    return results
  }
}

/// Waits for a condition; says what it was if it does not come.
func wait(_ what: String, seconds: Double = 60, _ condition: () -> Bool) {
  let deadline = Clock.monotonicMs() + Int64(seconds * 1000)
  while Clock.monotonicMs() < deadline {
    if condition() { return }
    usleep(5_000)
  }
  Issue.record("did not come: \(what)")
}
