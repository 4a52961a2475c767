// Readings of sensors in, one result a minute and sensor out.
//
//   TypedPipeline [BROKERS [INPUT-TOPIC [OUTPUT-TOPIC]]]
//
// STATE_DIR: folder of checkpoints, by default penstock-state. RESULTS: end after so many results; without it, run until killed.
import Foundation
import Penstock

struct Reading: Codable, Sendable, EventTimeExtractor, KeyExtractor {
  var timestamp: Int64
  var sensor: String
  var value: Double
  /// Not every reading has one.
  var battery: Int?

  var eventTime: EventTime { EventTime(milliseconds: timestamp) }
  var key: EventKey { .session(sensor) }
}

let arguments = CommandLine.arguments.dropFirst() + []
let environment = ProcessInfo.processInfo.environment
func argument(_ index: Int, or standard: String) -> String { arguments.count > index ? arguments[arguments.startIndex + index] : standard }

let executor = try StreamPipelineBuilder<Reading>()
  .withName("readings")
  .withTumblingWindow(milliseconds: 60_000)
  .withAllowedLateness(milliseconds: 30_000)
  .withAggregation(.count, as: "count")
  .withAggregation(.average(\.value), as: "avg")
  .withAggregation(.max(\.value), as: "max")
  .withAggregation(.min(\.battery), as: "battery")
  .withAggregation(.count, as: "hot", where: { $0.value > 90 })
  .withAggregation(.expression(.member("hot") / .member("count")), as: "hot_share")
  .build().makeExecutor()

let pipeline = try KafkaStreamPipeline(
  config: KafkaStreamConfig(
    brokers: argument(0, or: "localhost:9092"), groupID: "example-readings", inputTopics: [argument(1, or: "readings")],
    outputTopic: argument(2, or: "readings-1m"), autoCommitIntervalMs: 1_000),
  executor: executor,
  options: KafkaStreamOptions(stateDirectory: environment["STATE_DIR"] ?? "penstock-state"))

if let wanted = environment["RESULTS"].flatMap({ Int64($0) }) {
  Task {
    while pipeline.stats.messagesProduced < wanted { try await Task.sleep(for: .milliseconds(100)) }
    await pipeline.shutdown()
  }
}
try await pipeline.run()
print("read \(pipeline.stats.messagesConsumed) records, wrote \(pipeline.stats.messagesProduced) results")
