// Requests in; for each service, over the last minute and every ten seconds, its three slowest requests and the share that failed.
//
//   CustomAggregation [BROKERS [INPUT-TOPIC [OUTPUT-TOPIC]]]
//
// STATE_DIR: folder of checkpoints, by default penstock-state. RESULTS: end after so many results; without it, run until killed.
import Foundation
import Penstock

struct Request: Codable, Sendable, EventTimeExtractor, KeyExtractor {
  var time: Int64
  var service: String
  var region: String
  var path: String
  var milliseconds: Int
  var status: Int

  var eventTime: EventTime { EventTime(milliseconds: time) }
  var key: EventKey { .composite([("region", region), ("service", service)]) }
}

/// The slowest requests, as text: `/search 950 ms, /login 700 ms`. Of equally slow ones the path decides, so that the order in which
/// they come makes no difference.
struct Slowest: Aggregation {
  struct Damaged: Error {}
  struct Entry: Equatable {
    var path: String
    var milliseconds: Int
  }

  let limit: Int
  private var entries: [Entry] = []

  init(limit: Int) { self.limit = limit }

  mutating func add(_ event: Request) {
    entries.append(Entry(path: event.path, milliseconds: event.milliseconds))
    keepSlowest()
  }

  mutating func merge(_ other: Slowest) {
    entries += other.entries
    keepSlowest()
  }

  private mutating func keepSlowest() {
    entries.sort { ($1.milliseconds, $0.path) < ($0.milliseconds, $1.path) }
    entries.removeLast(max(0, entries.count - limit))
  }

  func result() -> String? {
    entries.isEmpty ? nil : entries.map { "\($0.path) \($0.milliseconds) ms" }.joined(separator: ", ")
  }

  /// Eight bytes of time and two of length for each, then its path. Fixed and plain, since every event reads and writes it once.
  func encode() -> [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
      let path = Array(entry.path.utf8.prefix(1_000))
      withUnsafeBytes(of: Int64(entry.milliseconds).littleEndian) { bytes += $0 }
      withUnsafeBytes(of: UInt16(path.count).littleEndian) { bytes += $0 }
      bytes += path
    }
    return bytes
  }

  mutating func decode(_ state: [UInt8]) throws {
    entries = []
    try state.withUnsafeBytes { bytes in
      var at = 0
      while at < bytes.count {
        guard bytes.count - at >= 10 else { throw Damaged() }
        let milliseconds = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int64.self))
        let length = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt16.self)))
        guard bytes.count - at >= 10 + length else { throw Damaged() }
        let path = String(decoding: bytes[(at + 10)..<(at + 10 + length)], as: UTF8.self)
        entries.append(Entry(path: path, milliseconds: Int(milliseconds)))
        at += 10 + length
      }
    }
  }

  /// Windows that were stored with another limit are not taken for these.
  var identity: String { "slowest\(limit)" }
}

let arguments = CommandLine.arguments.dropFirst() + []
let environment = ProcessInfo.processInfo.environment
func argument(_ index: Int, or standard: String) -> String { arguments.count > index ? arguments[arguments.startIndex + index] : standard }

let executor = try StreamPipelineBuilder<Request>()
  .withName("slowest-requests")
  .withSlidingWindow(milliseconds: 60_000, slideMilliseconds: 10_000)
  .withWatermark(.boundedOutOfOrderness(milliseconds: 5_000))
  .withFilter { !$0.path.hasPrefix("/health") }
  .withAggregation(.custom(Slowest(limit: 3)), as: "slowest")
  .withAggregation(.percentile(99, \.milliseconds), as: "p99")
  .withAggregation(.count, as: "count")
  .withAggregation(.count, as: "failed", where: { $0.status >= 500 })
  .withAggregation(.expression(.member("failed") / .member("count")), as: "failed_share")
  .build().makeExecutor()

let pipeline = try KafkaStreamPipeline(
  config: KafkaStreamConfig(
    brokers: argument(0, or: "localhost:9092"), groupID: "example-slowest", inputTopics: [argument(1, or: "requests")],
    outputTopic: argument(2, or: "requests-slowest"), autoCommitIntervalMs: 1_000),
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
