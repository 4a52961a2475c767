// A pipeline inside a program of your own: it tells how it is every 10 s, and SIGTERM and SIGINT end it in order, with everything
// delivered and checkpointed.
//
//   Embedding [BROKERS [INPUT-TOPIC [OUTPUT-TOPIC]]]
//
// STATE_DIR: folder of checkpoints, by default penstock-state. RESULTS: end after so many results; STATS_MS: another interval.
import Dispatch
import Foundation
import Penstock

struct Click: Codable, Sendable, EventTimeExtractor, KeyExtractor {
  var at: Int64
  var user: String
  var page: String

  var eventTime: EventTime { EventTime(milliseconds: at) }
  var key: EventKey { .user(user) }
}

let arguments = CommandLine.arguments.dropFirst() + []
let environment = ProcessInfo.processInfo.environment
func argument(_ index: Int, or standard: String) -> String { arguments.count > index ? arguments[arguments.startIndex + index] : standard }

/// A line at once, also into a file.
@Sendable func say(_ line: String) {
  print(line)
  fflush(nil)
}

// Visits: clicks of a user at most half an hour apart.
let executor = try StreamPipelineBuilder<Click>()
  .withName("visits")
  .withSessionWindow(gapMilliseconds: 1_800_000)
  .withAggregation(.count, as: "clicks")
  .withAggregation(.distinct(\.page), as: "pages")
  .withAggregation(.first(\.page), as: "entry")
  .withAggregation(.last(\.page), as: "exit")
  .build().makeExecutor()

let pipeline = try KafkaStreamPipeline(
  config: KafkaStreamConfig(
    brokers: argument(0, or: "localhost:9092"), groupID: "example-visits", inputTopics: [argument(1, or: "clicks")],
    outputTopic: argument(2, or: "visits"), autoCommitIntervalMs: 1_000),
  executor: executor,
  options: KafkaStreamOptions(
    stateDirectory: environment["STATE_DIR"] ?? "penstock-state", log: { level, message in say("[\(level)] \(message)") }))

// The signals' default, to end the process at once, is switched off; a handler asks the pipeline to end instead.
let signals = [SIGTERM, SIGINT].map { number in
  signal(number, SIG_IGN)
  let source = DispatchSource.makeSignalSource(signal: number, queue: .main)
  source.setEventHandler { Task { await pipeline.shutdown() } }
  source.resume()
  return source
}

@Sendable func report() {
  let stats = pipeline.stats
  let health = pipeline.healthCheck()
  say(
    "\(health.level.rawValue): \(health.reason); \(stats.messagesConsumed) read, \(stats.messagesProduced) written, "
      + "lag \(stats.consumerLag.map(String.init) ?? "unknown"), \(stats.openWindows) open visits")
}

let interval = environment["STATS_MS"].flatMap { Int($0) } ?? 10_000
let reporting = Task {
  while !Task.isCancelled {
    try await Task.sleep(for: .milliseconds(interval))
    report()
  }
}
if let wanted = environment["RESULTS"].flatMap({ Int64($0) }) {
  Task {
    while pipeline.stats.messagesProduced < wanted { try await Task.sleep(for: .milliseconds(100)) }
    await pipeline.shutdown()
  }
}

try await pipeline.run()
reporting.cancel()
withExtendedLifetime(signals) { report() }
