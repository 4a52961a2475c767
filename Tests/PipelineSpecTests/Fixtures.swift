import PipelineSpec
import RecordCodec

enum Fixtures {
  static let defaults = SpecDefaults(brokers: "localhost:9092")

  /// The least document that is valid.
  static let least: JSONValue = [
    "name": "latency", "kafka": ["input_topics": ["requests"], "output_topic": "latency-1m"],
    "window": ["type": "tumbling", "size_ms": 60000], "aggregations": ["count", "avg(latency_ms)"],
  ]

  /// Every member that is built, none at its default.
  static let full: JSONValue = [
    "name": "latency-1m", "desired": "running", "description": "Latency", "labels": ["team": "ml"],
    "kafka": [
      "brokers": "a:1, [::1]:2", "group_id": "g", "input_topics": ["x", "y"], "output_topic": "z",
      "auto_commit_interval_ms": 1000, "poll_timeout_ms": 50, "delivery_timeout_ms": 7000, "max_produce_retries": 4,
      "consumer_config": ["fetch.max.wait.ms": 20, "security.protocol": "SSL", "check.crcs": true, "max.poll.records": 500],
      "producer_config": ["linger.ms": 0.5, "security.protocol": "ssl", "buffer.memory": "33554433", "acks": "all"],
    ],
    "event": [
      "format": "json", "timestamp": ["field": "time.at", "unit": "ns"],
      "key": ["fields": ["user", "model"], "type": "composite", "scope": "partition"],
      "filter": [["field": "status", "op": ">=", "value": 500.0], ["not": ["field": "test", "op": "exists"]]],
    ],
    "window": ["type": "tumbling", "size_ms": 1000, "offset_ms": 250, "allowed_lateness_ms": 0],
    "watermark": [
      "strategy": "bounded_out_of_orderness", "max_delay_ms": 1, "idle_timeout_ms": 2, "max_future_skew_ms": 3, "max_drift_ms": 4,
    ],
    "aggregations": [
      ["as": "n", "function": "count"], "sum(usage.total)", ["function": "avg", "field": "usage.total"], "count(usage.total)",
      "max( price )", ["as": "dear", "function": "count", "where": [["field": "price", "op": ">", "value": 1.5]]],
      ["as": "share", "expression": "dear / n"], " percentile( 99.9 , price ) ", "p50(price)",
      ["as": "spread", "function": "stddev", "field": "price", "population": true], "distinct(user)", "rate",
    ],
    "emit": ["when": "early", "every_ms": 2500, "timestamp": "now"], "delivery": ["guarantee": "exactly_once"],
    "errors": ["on_decode_error": "fail", "on_late": "dead_letter", "on_produce_error": "dead_letter", "dead_letter_topic": "dead"],
    "start_at": ["timestamp_ms": 5], "limits": ["max_keys": 10, "max_state_bytes": 2_000_000], "parallelism": 3,
    "buffer_size": 77,
  ]

  /// One document for each other kind of window and format, with the rest of what is built.
  static let kinds: [JSONValue] = [
    change(
      least("window", ["type": "sliding", "size_ms": 600_000, "slide_ms": 10_000, "offset_ms": 9_999]), ["aggregations"],
      [
        "first(a)", "last(a)", "min(a)", "variance(a)", "p90(a)", "p95(a)", "p99(a)", "rate(a)", ["as": "twice", "expression": "`first_a` * 2"],
        ["as": "r", "function": "rate", "where": [["field": "ok", "op": "==", "value": false]]],
        ["function": "last", "field": "b", "where": [["any": [["field": "a", "op": "in", "value": [1, 2.5, "x", true]]]]]],
      ]),
    least("window", ["type": "session", "gap_ms": 60_001]),
    least("window", ["type": "count", "count": 1_000]),
    change(
      least("window", ["type": "count", "count": 7, "max_age_ms": 5_000]), ["event"],
      [
        "format": "csv", "columns": ["at", "latency_ms", "model"], "delimiter": ";", "timestamp": ["field": "at", "unit": "s"],
        "key": ["field": "model"],
        "filter": [["all": [["field": "model", "op": "starts_with", "value": "a"], ["field": "model", "op": "contains", "value": ""]]]],
      ]),
    least("event/format", "jsonl"),
    change(least("event/format", "raw"), ["aggregations"], ["count", "rate"]),
  ]

  static let all = [least, full] + kinds

  static func parse(
    _ document: JSONValue, name: String? = nil, defaults: SpecDefaults = Fixtures.defaults
  ) throws(SpecFaults) -> PipelineSpec {
    try PipelineSpec.parse(document, name: name, defaults: defaults)
  }

  /// Empty if the document is valid.
  static func faults(_ document: JSONValue, name: String? = nil, defaults: SpecDefaults = Fixtures.defaults) -> [SpecFault] {
    do throws(SpecFaults) {
      _ = try PipelineSpec.parse(document, name: name, defaults: defaults)
      return []
    } catch {
      return error.faults
    }
  }

  /// `document` with the member at `path` set, its parents made where they are absent; nil removes it.
  static func change(_ document: JSONValue, _ path: [String], _ value: JSONValue?) -> JSONValue {
    guard let name = path.first else { return value ?? .null }
    var members = document.objectMembers ?? []
    let index = members.firstIndex { $0.name == name }
    if path.count == 1, value == nil {
      members.removeAll { $0.name == name }
    } else {
      let child = change(index.map { members[$0].value } ?? .object([]), Array(path.dropFirst()), value)
      if let index { members[index].value = child } else { members.append(.init(name, child)) }
    }
    return .object(members)
  }

  /// As `change` of `least`; the path is written with slashes.
  static func least(_ path: String, _ value: JSONValue?) -> JSONValue {
    change(least, path.split(separator: "/").map(String.init), value)
  }
}
