import KafkaPipeline
import RecordCodec

/// What a pipeline counted since it was created, over restarts of the daemon: kept in `totals.json`, at most `saveEveryMs` behind after a
/// crash. Not part of any guarantee; the offsets are.
package struct StatsTotals: Sendable, Equatable {
  static let fileName = "totals.json"
  static let saveEveryMs: Int64 = 30_000

  package var messagesConsumed: Int64 = 0
  package var messagesProduced: Int64 = 0
  package var consumeErrors: Int64 = 0
  package var produceErrors: Int64 = 0
  package var lateDropped: Int64 = 0
  package var windowsFired: Int64 = 0
  package var checkpoints: Int64 = 0

  init() {}

  private static var members: [(name: String, path: WritableKeyPath<StatsTotals, Int64>)] {
    [
      ("messages_consumed", \.messagesConsumed), ("messages_produced", \.messagesProduced), ("consume_errors", \.consumeErrors),
      ("produce_errors", \.produceErrors), ("late_dropped", \.lateDropped), ("windows_fired", \.windowsFired), ("checkpoints", \.checkpoints),
    ]
  }

  /// What is missing or negative counts as 0.
  init(_ document: JSONValue) {
    for (name, path) in Self.members { self[keyPath: path] = max(0, document[name]?.integerValue ?? 0) }
  }

  var document: JSONValue { .object(Self.members.map { .init($0.name, .integer(self[keyPath: $0.path])) }) }

  func adding(_ stats: KafkaStreamStats) -> StatsTotals {
    var sum = self
    sum.messagesConsumed &+= stats.messagesConsumed
    sum.messagesProduced &+= stats.messagesProduced
    sum.consumeErrors &+= stats.consumeErrors
    sum.produceErrors &+= stats.produceErrors
    sum.lateDropped &+= stats.lateDropped
    sum.windowsFired &+= stats.windowsFired
    sum.checkpoints &+= stats.checkpoints
    return sum
  }
}
