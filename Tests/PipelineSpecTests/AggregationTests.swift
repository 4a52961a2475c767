import PipelineSpec
import RecordCodec
import StreamEngine
import Testing

@Suite("Aggregations of a spec")
struct AggregationTests {
  private func faults(_ list: JSONValue?) -> [String] {
    Fixtures.faults(Fixtures.least("aggregations", list)).map { "\($0.pointer) \($0.code)" }
  }

  @Test("a wrong aggregation is one fault, at its pointer", arguments: [
    ("avg", "/aggregations/0 missing"), ("", "/aggregations/0 unknown_value"), ("nonsense(x)", "/aggregations/0 unknown_value"),
    ("avg(", "/aggregations/0 bad_format"), ("avg()", "/aggregations/0 bad_format"), ("count()", "/aggregations/0 bad_format"),
    ("avg(x", "/aggregations/0 bad_format"), ("avg(x) ", ""), ("avg(a,b)", "/aggregations/0 bad_format"),
    ("avg((x))", "/aggregations/0 bad_format"), ("avg)x(", "/aggregations/0 unknown_value"), ("avg(a..b)", "/aggregations/0 bad_format"),
    ("p99(x)", "/aggregations/0 not_supported_yet"), ("percentile(99.9, x)", "/aggregations/0 not_supported_yet"),
    ("stddev(x)", "/aggregations/0 not_supported_yet"), ("distinct(x)", "/aggregations/0 not_supported_yet"),
    ("first(x)", "/aggregations/0 not_supported_yet"), ("rate", "/aggregations/0 not_supported_yet"), ("AVG(x)", "/aggregations/0 unknown_value"),
    (5, "/aggregations/0 wrong_type"), (.null, "/aggregations/0 wrong_type"), (["avg(x)"], "/aggregations/0 wrong_type"),
    ([:], "/aggregations/0/function missing"), (["function": 1], "/aggregations/0/function wrong_type"),
    (["function": "avg"], "/aggregations/0/field missing"), (["function": "avg", "field": 1], "/aggregations/0/field wrong_type"),
    (["function": "avg", "field": ""], "/aggregations/0/field empty"), (["function": "med", "field": "x"], "/aggregations/0/function unknown_value"),
    (["function": "count", "where": []], "/aggregations/0/where not_supported_yet"),
    (["as": "e", "expression": "a / b"], "/aggregations/0/expression not_supported_yet"),
    (["function": "count", "name": "x"], "/aggregations/0/name unknown_member"),
    (["function": "count", "as": 1], "/aggregations/0/as wrong_type"), (["function": "count", "as": ""], "/aggregations/0/as empty"),
    (["function": "count", "as": "a\nb"], "/aggregations/0/as bad_format"),
    (["function": "count", "as": .string(String(repeating: "n", count: 129))], "/aggregations/0/as too_long"),
    (["function": "count", "as": .string(String(repeating: "n", count: 128))], ""),
    (.string("sum(" + String(repeating: "n", count: 128) + ")"), "/aggregations/0 too_long"),
  ] as [(JSONValue, String)])
  func wrong(item: JSONValue, fault: String) {
    #expect(faults([item]).joined(separator: "; ") == fault)
  }

  @Test("a result's own members cannot be the name of an aggregation", arguments: SpecLimits.reservedResultNames)
  func reserved(name: String) {
    #expect(faults([["function": "count", "as": .string(name)]]) == ["/aggregations/0/as conflict"])
  }

  @Test("there is at least one aggregation, at most 256, and no two of one name")
  func list() {
    #expect(faults(nil) == ["/aggregations missing"])
    #expect(faults([]) == ["/aggregations empty"])
    #expect(faults("count") == ["/aggregations wrong_type"])
    #expect(faults(["count", "count"]) == ["/aggregations/1 duplicate"])
    #expect(faults(["avg(a.b)", "avg(a_b)"]) == ["/aggregations/1 duplicate"])
    #expect(faults(["count", ["as": "count", "function": "sum", "field": "x"]]) == ["/aggregations/1/as duplicate"])
    #expect(faults(.array((0...256).map { .string("sum(f\($0))") })) == ["/aggregations out_of_range"])
    #expect(faults(.array((0..<256).map { .string("sum(f\($0))") })).isEmpty)
  }

  @Test("paths that look the same and have different bytes are different columns")
  func normalForms() throws {
    let document = Fixtures.least("aggregations", ["sum(caf\u{E9})", ["as": "b", "function": "sum", "field": "cafe\u{301}"]])
    #expect(try Fixtures.parse(document).compiled.executor.fieldCount == 2)
  }
}
