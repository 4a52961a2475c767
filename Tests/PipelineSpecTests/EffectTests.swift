import PipelineSpec
import RecordCodec
import StreamEngine
import Testing

@Suite("Effect of a changed spec")
struct EffectTests {
  struct Change: Sendable, CustomTestStringConvertible {
    var path: String
    /// nil removes the member.
    var value: JSONValue?
    var effect: SpecEffect

    init(_ path: String, _ value: JSONValue?, _ effect: SpecEffect) {
      self.path = path
      self.value = value
      self.effect = effect
    }
    var testDescription: String { "\(path) = \(value.map { String(decoding: $0.serialized(), as: UTF8.self) } ?? "removed")" }
  }

  static func restart(_ path: String) -> SpecEffect { .restart(changed: ["/" + path]) }
  static func lost(_ path: String) -> SpecEffect { .stateIncompatible(changed: ["/" + path]) }

  static let changes = [
    Change("description", "other", .none), Change("labels", ["a": "b"], .none), Change("desired", "stopped", .none),
    Change("kafka/input_topics", ["y", "x"], .none), Change("kafka/brokers", "a:1,[::1]:2", .none),
    Change("kafka/brokers", "a:1,b:3", restart("kafka/brokers")), Change("kafka/brokers", "b:3", lost("kafka/brokers")),
    Change("kafka/input_topics", ["x"], lost("kafka/input_topics")),
    Change("kafka/input_topics", ["x", "y", "w"], lost("kafka/input_topics")),
    Change("kafka/output_topic", "zz", restart("kafka/output_topic")), Change("kafka/group_id", "h", restart("kafka/group_id")),
    Change("kafka/auto_commit_interval_ms", 2000, restart("kafka/auto_commit_interval_ms")),
    Change("kafka/poll_timeout_ms", 51, restart("kafka/poll_timeout_ms")),
    Change("kafka/delivery_timeout_ms", 7001, restart("kafka/delivery_timeout_ms")),
    Change("kafka/max_produce_retries", 5, restart("kafka/max_produce_retries")),
    Change("kafka/consumer_config/client.id", "c", restart("kafka/consumer_config")),
    Change("kafka/producer_config/client.id", "c", restart("kafka/producer_config")),
    Change("event/timestamp", ["from": "kafka"], lost("event/timestamp")),
    Change("event/timestamp/unit", "ms", lost("event/timestamp")), Change("event/key/type", "plain", lost("event/key")),
    Change("event/key/fields", ["user"], lost("event/key")), Change("event/key/fields", ["model", "user"], lost("event/key")),
    Change("window/size_ms", 2000, lost("window/size_ms")), Change("window/offset_ms", 0, lost("window/offset_ms")),
    Change("window/allowed_lateness_ms", 1, restart("window/allowed_lateness_ms")),
    Change("watermark/max_delay_ms", 2, restart("watermark/max_delay_ms")),
    Change("watermark/idle_timeout_ms", 3, restart("watermark/idle_timeout_ms")),
    Change("watermark/max_future_skew_ms", 4, restart("watermark/max_future_skew_ms")),
    Change("watermark/max_drift_ms", 5, restart("watermark/max_drift_ms")),
    Change("window", ["type": "sliding", "size_ms": 1000, "slide_ms": 1000, "allowed_lateness_ms": 0], lost("window/type")),
    Change("window", ["type": "count", "count": 1000], lost("window/type")),
    Change("event/format", "jsonl", lost("event/format")),
    Change("event/filter", nil, restart("event/filter")), Change("event/filter", [["field": "a", "op": "exists"]], restart("event/filter")),
    Change(
      "event/filter", [["field": "status", "op": ">=", "value": 500], ["not": ["field": "test", "op": "exists"]]], .none),
    Change("emit/every_ms", 2501, restart("emit")), Change("emit/timestamp", "window", restart("emit")), Change("emit", nil, restart("emit")),
    Change("aggregations", ["count"], restart("aggregations")),
    Change("start_at", "latest", restart("start_at")), Change("limits/max_keys", 11, restart("limits/max_keys")),
    Change("limits/max_state_bytes", 3_000_000, restart("limits/max_state_bytes")), Change("parallelism", 4, restart("parallelism")),
    Change("buffer_size", 78, restart("buffer_size")),
  ]

  @Test("each member's change has the effect of the table, and identities differ only where state is lost", arguments: changes)
  func effect(_ change: Change) throws {
    let old = try Fixtures.parse(Fixtures.full)
    let document = Fixtures.change(Fixtures.full, change.path.split(separator: "/").map(String.init), change.value)
    let new = try Fixtures.parse(document)
    #expect(PipelineSpec.effect(from: old, to: new) == change.effect)
    // Topics and cluster are no part of the identity: checkpoints know them on their own.
    let outside = change.path.hasPrefix("kafka/")
    if case .stateIncompatible = change.effect, !outside {
      #expect(old.compiled.stateIdentity != new.compiled.stateIdentity)
    } else {
      #expect(old.compiled.stateIdentity == new.compiled.stateIdentity)
    }
  }

  @Test("other aggregations restart; those that have not seen all records of open windows are named", arguments: [
    (["count", "avg(x)"], [["as": "n", "function": "count"], "avg(x)"], []), (["count", "avg(x)"], ["avg(x)", "count"], []),
    (["count", "avg(x)"], ["avg(x)"], []), (["count", "avg(x)"], ["sum(x)", "count"], []), (["sum(x)", "count"], ["count", "avg(x)"], ["avg_x"]),
    (["count", "avg(x)"], ["count", "avg(y)"], ["avg_y"]), (["count", "avg(x)"], ["count", "avg(x)", "max(x)", "max(y)"], ["max_x", "max_y"]),
    (["count", "p99(x)"], ["count", "p50(x)"], []), (["p99(x)"], [["as": "p", "function": "percentile", "field": "x", "p": 1]], []),
    (["p99(x)"], ["p99(x)", "p50(x)"], []), (["stddev(x)"], ["variance(x)"], []), (["rate"], ["rate(x)", "count"], ["rate_x"]),
    ([["function": "stddev", "field": "x"]], [["function": "stddev", "field": "x", "population": true]], []),
    (["count"], ["count", ["as": "e", "expression": "count / 2"]], []),
    (["count", ["as": "e", "expression": "count / 2"]], [["as": "e", "expression": "count / 3"], "count"], []),
    ([["function": "count", "where": [["field": "a", "op": "==", "value": 1]]]], ["count"], ["count"]),
    (
      [["function": "count", "where": [["field": "a", "op": "==", "value": 1]]]],
      [["function": "count", "where": [["field": "a", "op": "==", "value": 2]]]], ["count"]
    ),
    (["sum(x)"], [["function": "sum", "field": "x", "where": [["field": "a", "op": "exists"]]], ["as": "all", "function": "sum", "field": "x"]], ["sum_x"]),
  ] as [(JSONValue, JSONValue, [String])])
  func aggregations(before: JSONValue, after: JSONValue, new: [String]) throws {
    let old = try Fixtures.parse(Fixtures.least("aggregations", before))
    let changed = try Fixtures.parse(Fixtures.least("aggregations", after))
    #expect(PipelineSpec.effect(from: old, to: changed) == Self.restart("aggregations"))
    #expect(PipelineSpec.newAggregations(from: old, to: changed) == new)
    #expect(old.compiled.stateIdentity == changed.compiled.stateIdentity)
  }

  @Test("another way to write an aggregation is no change")
  func sameAggregations() throws {
    let long = try Fixtures.parse(Fixtures.least("aggregations", ["count", ["function": "avg", "field": "latency_ms"]]))
    #expect(PipelineSpec.effect(from: try Fixtures.parse(Fixtures.least), to: long) == .none)
  }

  @Test("a change of scope loses state")
  func scope() throws {
    let old = try Fixtures.parse(Fixtures.least("event/key", ["field": "model"]))
    let new = try Fixtures.parse(Fixtures.least("event/key", ["field": "model", "scope": "partition"]))
    #expect(PipelineSpec.effect(from: old, to: new) == Self.lost("event/key"))
    #expect(old.compiled.stateIdentity != new.compiled.stateIdentity)
  }

  @Test("the long form of a spec is no change")
  func longForm() throws {
    for document in Fixtures.all {
      let spec = try Fixtures.parse(document)
      #expect(PipelineSpec.effect(from: spec, to: try Fixtures.parse(spec.normalized)) == .none)
    }
  }

  @Test("what loses state is listed alone, all of it")
  func several() throws {
    let old = try Fixtures.parse(Fixtures.full)
    var document = Fixtures.change(Fixtures.full, ["window", "size_ms"], 5000)
    document = Fixtures.change(document, ["event", "key", "scope"], "global")
    document = Fixtures.change(document, ["parallelism"], 1)
    #expect(
      PipelineSpec.effect(from: old, to: try Fixtures.parse(document))
        == .stateIncompatible(changed: ["/event/key", "/window/size_ms"]))
  }

  @Test("every number of a window is part of what its state depends on, but the lateness", arguments: [
    (["type": "sliding", "size_ms": 9, "slide_ms": 5, "offset_ms": 1], "size_ms", 8), (["type": "sliding", "size_ms": 9, "slide_ms": 5], "slide_ms", 4),
    (["type": "sliding", "size_ms": 9, "slide_ms": 5], "offset_ms", 1), (["type": "session", "gap_ms": 5], "gap_ms", 6),
    (["type": "count", "count": 5], "count", 6), (["type": "count", "count": 5], "max_age_ms", 6),
    (["type": "count", "count": 5, "max_age_ms": 5], "max_age_ms", nil),
  ] as [(JSONValue, String, JSONValue?)])
  func windows(window: JSONValue, member: String, value: JSONValue?) throws {
    let old = try Fixtures.parse(Fixtures.least("window", window))
    let new = try Fixtures.parse(Fixtures.least("window", Fixtures.change(window, [member], value)))
    #expect(PipelineSpec.effect(from: old, to: new) == Self.lost("window/\(member)"))
    #expect(old.compiled.stateIdentity != new.compiled.stateIdentity)
    guard window["count"] == nil else { return }
    let late = try Fixtures.parse(Fixtures.least("window", Fixtures.change(window, ["allowed_lateness_ms"], 1)))
    #expect(PipelineSpec.effect(from: old, to: late) == Self.restart("window/allowed_lateness_ms"))
    #expect(old.compiled.stateIdentity == late.compiled.stateIdentity)
  }

  @Test("other columns or another delimiter lose state, and with another format that is all there is to say")
  func formats() throws {
    let event: JSONValue = ["format": "csv", "columns": ["latency_ms", "b"]]
    let old = try Fixtures.parse(Fixtures.least("event", event))
    for (path, value, place) in [
      ("columns", ["b", "latency_ms"], "columns"), ("columns", ["latency_ms", "b", "c"], "columns"), ("delimiter", ";", "delimiter"),
    ] as [(String, JSONValue, String)] {
      let new = try Fixtures.parse(Fixtures.least("event", Fixtures.change(event, [path], value)))
      #expect(PipelineSpec.effect(from: old, to: new) == Self.lost("event/\(place)"))
      #expect(old.compiled.stateIdentity != new.compiled.stateIdentity)
    }
    #expect(PipelineSpec.effect(from: old, to: try Fixtures.parse(Fixtures.least)) == Self.lost("event/format"))
  }
}
