import PipelineSpec
import RecordCodec
import Testing

@Suite("Formats of a spec")
struct FormatTests {
  private static let csv: JSONValue = ["format": "csv", "columns": ["at", "latency_ms", "model", "usage.total"]]

  private static func csv(_ path: String, _ value: JSONValue?) -> JSONValue {
    Fixtures.change(Fixtures.least("event", csv), path.split(separator: "/").map(String.init), value)
  }

  @Test("a wrong member of a CSV format is one fault, at its pointer", arguments: [
    Rule("event/columns", nil, "missing"), Rule("event/columns", [], "empty"), Rule("event/columns", "at,model", "wrong_type"),
    Rule("event/columns", ["latency_ms", 1], "wrong_type", at: "/event/columns/1"),
    Rule("event/columns", ["latency_ms", ""], "empty", at: "/event/columns/1"),
    Rule("event/columns", ["latency_ms", "a..b"], "bad_format", at: "/event/columns/1"),
    Rule("event/columns", ["latency_ms", "a\nb"], "bad_format", at: "/event/columns/1"),
    Rule("event/columns", ["latency_ms", "x", "latency_ms"], "duplicate", at: "/event/columns/2"),
    Rule("event/columns", .array((0...1_000).map { .string("c\($0)") }), "out_of_range"),
    Rule("event/delimiter", "", "empty"), Rule("event/delimiter", ";;", "bad_format"), Rule("event/delimiter", "\"", "bad_format"),
    Rule("event/delimiter", "\n", "bad_format"), Rule("event/delimiter", "\u{7F}", "bad_format"), Rule("event/delimiter", "\u{E4}", "bad_format"),
    Rule("event/delimiter", 44, "wrong_type"),
    Rule("event/timestamp", ["field": "att"], "unknown_value", at: "/event/timestamp/field"),
    Rule("event/key", ["field": "modle"], "unknown_value", at: "/event/key/field"),
    Rule("event/key", ["fields": ["model", "user"]], "unknown_value", at: "/event/key/fields/1"),
    Rule("event/filter", [["field": "at", "op": "exists"], ["field": "as", "op": "exists"]], "unknown_value", at: "/event/filter/1/field"),
    Rule("aggregations", ["count", "sum(price)"], "unknown_value", at: "/aggregations/1"),
    Rule("aggregations", [["function": "sum", "field": "price"]], "unknown_value", at: "/aggregations/0/field"),
    Rule("aggregations", [["function": "count", "where": [["field": "x", "op": "exists"]]]], "unknown_value", at: "/aggregations/0/where/0/field"),
  ])
  func csvRule(_ rule: Rule) {
    let faults = Fixtures.faults(Self.csv(rule.path, rule.value))
    #expect(faults.map { "\($0.pointer) \($0.code)" } == ["\(rule.pointer) \(rule.code)"])
  }

  @Test("a field that is no column gets the nearest one")
  func nearestColumn() {
    #expect(Fixtures.faults(Self.csv("aggregations", ["avg(latency)"])).map(\.suggestion) == ["latency_ms"])
    #expect(Fixtures.faults(Self.csv("event/key", ["field": "modle"])).map(\.suggestion) == ["model"])
  }

  @Test("columns are names and no paths, and a comma parts them unless the spec says otherwise", arguments: [
    (nil, UInt8(ascii: ",")), (";", UInt8(ascii: ";")), ("\t", 9), (" ", 32), ("|", UInt8(ascii: "|")),
  ] as [(String?, UInt8)])
  func csvFormat(delimiter: String?, byte: UInt8) throws {
    var document = Self.csv("aggregations", ["sum(usage.total)", "last(model)"])
    if let delimiter { document = Fixtures.change(document, ["event", "delimiter"], .string(delimiter)) }
    let spec = try Fixtures.parse(document)
    #expect(spec.compiled.decoder.format == .csv(columns: ["at", "latency_ms", "model", "usage.total"], delimiter: byte))
    #expect(try Fixtures.parse(spec.normalized).compiled == spec.compiled)
  }

  @Test("columns and a delimiter belong to CSV", arguments: ["json", "jsonl", "raw", nil])
  func otherFormats(format: String?) {
    let event: JSONValue = ["columns": ["a"], "delimiter": ";"]
    let document = Fixtures.change(Fixtures.least("event", event), ["aggregations"], ["count"])
    let faults = Fixtures.faults(format.map { Fixtures.change(document, ["event", "format"], .string($0)) } ?? document)
    #expect(faults.map { "\($0.pointer) \($0.code)" } == ["/event/columns conflict", "/event/delimiter conflict"])
  }

  @Test("JSON Lines take the members of JSON")
  func jsonLines() throws {
    let compiled = try Fixtures.parse(Fixtures.least("event", ["format": "jsonl", "key": ["field": "a.0.b"]])).compiled
    #expect(compiled.decoder.format == .jsonLines)
  }

  @Test("a raw record has no field, wherever one is named, and the fault says what there is instead", arguments: [
    ("event/timestamp", ["field": "ts"], "/event/timestamp/field", "{\"from\": \"kafka\"}"),
    ("event/key", ["field": "model"], "/event/key/field", "{\"from\": \"kafka\"}"),
    ("event/key", ["fields": ["model"]], "/event/key/fields/0", "{\"from\": \"kafka\"}"),
    ("event/filter", [["field": "a", "op": "exists"]], "/event/filter/0/field", "remove the condition"),
    ("aggregations", ["avg(x)"], "/aggregations/0", "count"), ("aggregations", ["rate(x)"], "/aggregations/0", "rate"),
    ("aggregations", [["function": "count", "field": "x"]], "/aggregations/0/field", "count"),
    (
      "aggregations", [["function": "count", "where": [["not": ["field": "x", "op": "exists"]]]]], "/aggregations/0/where/0/not/field",
      "remove the condition"
    ),
  ] as [(String, JSONValue, String, String)])
  func raw(path: String, value: JSONValue, pointer: String, suggestion: String) {
    let raw = Fixtures.change(Fixtures.least("event/format", "raw"), ["aggregations"], ["count"])
    #expect(Fixtures.faults(raw).isEmpty)
    let faults = Fixtures.faults(Fixtures.change(raw, path.split(separator: "/").map(String.init), value))
    #expect(faults.map { "\($0.pointer) \($0.code)" } == ["\(pointer) conflict"])
    #expect(faults.map(\.suggestion) == [suggestion])
  }
}
