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
    ],
    "window": ["type": "tumbling", "size_ms": 1000, "offset_ms": 250, "allowed_lateness_ms": 0],
    "watermark": [
      "strategy": "bounded_out_of_orderness", "max_delay_ms": 1, "idle_timeout_ms": 2, "max_future_skew_ms": 3,
    ],
    "aggregations": [
      ["as": "n", "function": "count"], "sum(usage.total)", ["function": "avg", "field": "usage.total"], "count(usage.total)",
      "max( price )",
    ],
    "emit": ["when": "on_close"], "delivery": ["guarantee": "at_least_once"],
    "errors": ["on_decode_error": "skip", "on_late": "drop", "on_produce_error": "retry", "dead_letter_topic": .null],
    "start_at": ["timestamp_ms": 5], "limits": ["max_keys": 10, "max_state_bytes": 2_000_000], "parallelism": 3,
    "buffer_size": 77,
  ]

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
