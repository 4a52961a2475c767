import PipelineSpec
import RecordCodec
import Testing

/// One change of the least document, and the fault that it must bring.
struct Rule: Sendable, CustomTestStringConvertible {
  var path: String
  var value: JSONValue?
  var pointer: String
  var code: String

  /// The fault stands at the changed member unless `at` says otherwise. nil removes the member.
  init(_ path: String, _ value: JSONValue?, _ code: String, at pointer: String? = nil) {
    self.path = path
    self.value = value
    self.code = code
    self.pointer = pointer ?? "/" + path
  }

  var testDescription: String {
    "\(path) = \(value.map { String(decoding: $0.serialized().prefix(40), as: UTF8.self) } ?? "removed")"
  }
}

@Suite("Rules of a spec")
struct RuleTests {
  @Test("a wrong member is one fault, at its pointer, with its code", arguments: top + kafka + event + policies)
  func rule(_ rule: Rule) {
    let faults = Fixtures.faults(Fixtures.least(rule.path, rule.value))
    #expect(faults.map { "\($0.pointer) \($0.code)" } == ["\(rule.pointer) \(rule.code)"])
    for fault in faults {
      #expect(!fault.detail.isEmpty)
      if fault.code == "not_supported_yet" { #expect(fault.detail.contains("not supported yet")) }
    }
  }

  @Test("what is beyond the plan is refused with the word later", arguments: ["joins", "join", "sql", "repartition", "project"])
  func laterMembers(name: String) throws {
    let fault = try #require(Fixtures.faults(Fixtures.least(name, [:])).first)
    #expect(fault.pointer == "/\(name)")
    #expect(fault.detail.contains("later"))
  }

  @Test("Avro, Protobuf and pipelines without a window are refused with the word later")
  func laterValues() {
    for document in [
      Fixtures.least("event/format", "avro"), Fixtures.least("event/format", "protobuf"), Fixtures.least("window/type", "none"),
      Fixtures.least("window", nil),
    ] {
      #expect(Fixtures.faults(document).count == 1)
      #expect(Fixtures.faults(document).first?.detail.contains("later") == true)
    }
  }

  static let name63 = String(repeating: "a", count: 63)

  static let top = [
    Rule("wndow", [:], "unknown_member"),
    Rule("name", nil, "missing"),
    Rule("name", "", "bad_format"), Rule("name", "Bad", "bad_format"), Rule("name", "-x", "bad_format"),
    Rule("name", .string(name63 + "a"), "bad_format"), Rule("name", "a/b", "bad_format"), Rule("name", "a b", "bad_format"),
    Rule("name", "\u{E4}", "bad_format"), Rule("name", 7, "wrong_type"), Rule("name", .null, "wrong_type"),
    Rule("desired", "flying", "unknown_value"), Rule("desired", true, "wrong_type"),
    Rule("description", 5, "wrong_type"), Rule("description", .string(String(repeating: "x", count: 4_097)), "too_long"),
    Rule("labels", [], "wrong_type"), Rule("labels/team", 1, "wrong_type"), Rule("labels/a b", "x", "bad_format"),
    Rule("labels/team", "a\u{0}", "bad_format"), Rule("labels/team", .string(String(repeating: "x", count: 257)), "too_long"),
    Rule("labels", .object((0...64).map { JSONValue.Member("l\($0)", "") }), "out_of_range"),
    Rule("stop_at", "never", "unknown_value"), Rule("stop_at", 5, "wrong_type"), Rule("filter", [], "unknown_member"), Rule("where", [], "unknown_member"),
  ]

  static let kafka = [
    Rule("kafka", nil, "missing"), Rule("kafka", [], "wrong_type"), Rule("kafka/brokerz", "x:1", "unknown_member"),
    Rule("kafka/brokers", "", "empty"), Rule("kafka/brokers", "  ", "empty"), Rule("kafka/brokers", 9092, "wrong_type"),
    Rule("kafka/brokers", "host", "bad_format"), Rule("kafka/brokers", "host:", "bad_format"),
    Rule("kafka/brokers", "host:0", "bad_format"), Rule("kafka/brokers", "host:65536", "bad_format"),
    Rule("kafka/brokers", "host:99999999999999999999", "bad_format"), Rule("kafka/brokers", "host:9092x", "bad_format"),
    Rule("kafka/brokers", ":9092", "bad_format"), Rule("kafka/brokers", "a:1,", "bad_format"),
    Rule("kafka/brokers", "a:1,,b:2", "bad_format"), Rule("kafka/brokers", "a b:1", "bad_format"),
    Rule("kafka/brokers", "PLAINTEXT://a:1", "bad_format"), Rule("kafka/brokers", "[::1", "bad_format"),
    Rule("kafka/brokers", "[]:1", "bad_format"), Rule("kafka/brokers", "[::1]x1", "bad_format"),
    Rule("kafka/brokers", "\u{301}", "bad_format"),
    Rule("kafka/brokers", .string((0...64).map { "h\($0):1" }.joined(separator: ",")), "out_of_range"),
    Rule("kafka/group_id", "", "empty"), Rule("kafka/group_id", "a\nb", "bad_format"), Rule("kafka/group_id", "\u{E4}", "bad_format"),
    Rule("kafka/group_id", .string(String(repeating: "g", count: 250)), "too_long"), Rule("kafka/group_id", 1, "wrong_type"),
    Rule("kafka/input_topics", nil, "missing"), Rule("kafka/input_topics", [], "empty"),
    Rule("kafka/input_topics", "requests", "wrong_type"), Rule("kafka/input_topics", [1], "wrong_type", at: "/kafka/input_topics/0"),
    Rule("kafka/input_topics", ["ok", "bad topic"], "bad_format", at: "/kafka/input_topics/1"),
    Rule("kafka/input_topics", [""], "empty", at: "/kafka/input_topics/0"),
    Rule("kafka/input_topics", ["^re.*"], "bad_format", at: "/kafka/input_topics/0"),
    Rule("kafka/input_topics", ["."], "bad_format", at: "/kafka/input_topics/0"),
    Rule("kafka/input_topics", [.string(String(repeating: "t", count: 250))], "too_long", at: "/kafka/input_topics/0"),
    Rule("kafka/input_topics", ["a", "b", "a"], "duplicate", at: "/kafka/input_topics/2"),
    Rule("kafka/input_topics", .array((0...100).map { .string("t\($0)") }), "out_of_range"),
    Rule("kafka/output_topic", nil, "missing"), Rule("kafka/output_topic", "..", "bad_format"),
    Rule("kafka/output_topic", .null, "wrong_type"), Rule("kafka/output_topic", "requests", "conflict"),
    Rule("kafka/auto_commit_interval_ms", 0, "out_of_range"), Rule("kafka/auto_commit_interval_ms", 3_600_001, "out_of_range"),
    Rule("kafka/auto_commit_interval_ms", 1e300, "out_of_range"), Rule("kafka/auto_commit_interval_ms", 5000.0, "wrong_type"),
    Rule("kafka/poll_timeout_ms", 1_001, "out_of_range"), Rule("kafka/poll_timeout_ms", "100", "wrong_type"),
    Rule("kafka/delivery_timeout_ms", 99, "out_of_range"), Rule("kafka/max_produce_retries", -1, "out_of_range"),
    Rule("kafka/max_produce_retries", 1_001, "out_of_range"),
    Rule("kafka/consumer_config", [], "wrong_type"), Rule("kafka/producer_config", "a=b", "wrong_type"),
  ]

  static let event = [
    Rule("event", "json", "wrong_type"), Rule("event/fromat", "json", "unknown_member"),
    Rule("event/format", "xml", "unknown_value"), Rule("event/format", 1, "wrong_type"),
    Rule("event/timestamp", "ts", "wrong_type"), Rule("event/timestamp", [:], "missing", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["unit": "ms"], "missing", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["field": "ts", "unit": "minutes"], "unknown_value", at: "/event/timestamp/unit"),
    Rule("event/timestamp", ["field": ""], "empty", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["field": "a..b"], "bad_format", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["field": ".a"], "bad_format", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["field": "a\u{7}"], "bad_format", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["field": .string(String(repeating: "a.", count: 64) + "a")], "too_long", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["field": .string(String(repeating: "a", count: 1_025))], "too_long", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["from": "kafka", "field": "ts"], "conflict", at: "/event/timestamp/field"),
    Rule("event/timestamp", ["from": "header"], "unknown_value", at: "/event/timestamp/from"),
    Rule("event/key", "model", "wrong_type"), Rule("event/key", [:], "missing", at: "/event/key/fields"),
    Rule("event/key", ["fields": []], "empty", at: "/event/key/fields"),
    Rule("event/key", ["fields": [], "type": "composite"], "empty", at: "/event/key/fields"),
    Rule("event/key", ["fields": ["a", 1]], "wrong_type", at: "/event/key/fields/1"),
    Rule("event/key", ["fields": ["a", "b", "a"]], "duplicate", at: "/event/key/fields/2"),
    Rule("event/key", ["fields": .array((0...16).map { .string("f\($0)") })], "out_of_range", at: "/event/key/fields"),
    Rule("event/key", ["field": "a", "fields": ["b"]], "conflict", at: "/event/key/fields"),
    Rule("event/key", ["field": "a", "type": "modl"], "unknown_value", at: "/event/key/type"),
    Rule("event/key", ["field": "a", "scope": "world"], "unknown_value", at: "/event/key/scope"),
    Rule("event/key", ["from": "kafka", "type": "model"], "conflict", at: "/event/key/type"),
  ]

  static let policies = [
    Rule("emit", "early", "wrong_type"), Rule("emit/when", "on_clos", "unknown_value"), Rule("emit/timestamp", "then", "unknown_value"),
    Rule("emit/when", "early", "missing", at: "/emit/every_ms"), Rule("emit/every_ms", 1_000, "conflict"),
    Rule("emit", ["when": "on_close", "every_ms": 1_000], "conflict", at: "/emit/every_ms"),
    Rule("emit", ["when": "early", "every_ms": 99], "out_of_range", at: "/emit/every_ms"),
    Rule("emit", ["when": "early", "every_ms": 86_400_001], "out_of_range", at: "/emit/every_ms"),
    Rule("emit", ["when": "early", "every_ms": "1s"], "wrong_type", at: "/emit/every_ms"),
    Rule("delivery/guarantee", "once", "unknown_value"), Rule("delivery/guarantee", "at_most_once", "unknown_value"),
    Rule("errors/on_decode_error", "dead_letter", "missing", at: "/errors/dead_letter_topic"),
    Rule("errors/on_late", "dead_letter", "missing", at: "/errors/dead_letter_topic"),
    Rule("errors/on_produce_error", "dead_letter", "missing", at: "/errors/dead_letter_topic"),
    Rule("errors/on_decode_error", "stop", "unknown_value"), Rule("errors/on_late", "skip", "unknown_value"),
    Rule("errors/on_late", "fail", "unknown_value"), Rule("errors/on_produce_error", .null, "wrong_type"),
    Rule("errors/dead_letter_topic", "dead", "conflict"), Rule("errors/dead_letter_topic", 5, "wrong_type"),
    Rule("errors", ["on_late": "dead_letter", "dead_letter_topic": "a b"], "bad_format", at: "/errors/dead_letter_topic"),
    Rule("errors", ["on_late": "dead_letter", "dead_letter_topic": "requests"], "conflict", at: "/errors/dead_letter_topic"),
    Rule("start_at", "yesterday", "unknown_value"), Rule("start_at", 5, "wrong_type"),
    Rule("start_at", [:], "missing", at: "/start_at/timestamp_ms"),
    Rule("start_at", ["timestamp_ms": -1], "out_of_range", at: "/start_at/timestamp_ms"),
    Rule("start_at", ["timestamp_ms": 1, "x": 1], "unknown_member", at: "/start_at/x"),
    Rule("limits/max_keys", 0, "out_of_range"), Rule("limits/max_state_bytes", 1, "out_of_range"),
    Rule("limits/max_windows", 1, "unknown_member"),
    Rule("parallelism", 0, "out_of_range"), Rule("parallelism", 513, "out_of_range"), Rule("parallelism", "2", "wrong_type"),
    Rule("buffer_size", 0, "out_of_range"), Rule("buffer_size", 100_001, "out_of_range"),
  ]
}
