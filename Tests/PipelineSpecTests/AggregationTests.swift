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
    ("AVG(x)", "/aggregations/0 unknown_value"), ("p75(x)", "/aggregations/0 unknown_value"), ("custom(x)", "/aggregations/0 unknown_value"),
    ("expression", "/aggregations/0 unknown_value"), ("p99", "/aggregations/0 missing"), ("percentile", "/aggregations/0 missing"),
    ("distinct", "/aggregations/0 missing"), ("rate()", "/aggregations/0 bad_format"), ("percentile()", "/aggregations/0 bad_format"),
    ("percentile(x)", "/aggregations/0 bad_format"), ("percentile(x, 99)", "/aggregations/0 bad_format"),
    ("percentile(99,)", "/aggregations/0 bad_format"), ("percentile(99, x, y)", "/aggregations/0 bad_format"),
    ("percentile(0, x)", "/aggregations/0 out_of_range"), ("percentile(100, x)", "/aggregations/0 out_of_range"),
    ("percentile(-1, x)", "/aggregations/0 out_of_range"), ("percentile(99.99999999999999999999, x)", "/aggregations/0 out_of_range"),
    ("percentile(1e1, x)", "/aggregations/0 bad_format"), ("percentile(nan, x)", "/aggregations/0 bad_format"),
    ("p99(50, x)", "/aggregations/0 bad_format"), ("percentile(99, x", "/aggregations/0 bad_format"),
    (5, "/aggregations/0 wrong_type"), (.null, "/aggregations/0 wrong_type"), (["avg(x)"], "/aggregations/0 wrong_type"),
    ([:], "/aggregations/0/function missing"), (["function": 1], "/aggregations/0/function wrong_type"),
    (["function": "avg"], "/aggregations/0/field missing"), (["function": "avg", "field": 1], "/aggregations/0/field wrong_type"),
    (["function": "avg", "field": ""], "/aggregations/0/field empty"), (["function": "med", "field": "x"], "/aggregations/0/function unknown_value"),
    (["function": "percentile", "field": "x"], "/aggregations/0/p missing"),
    (["function": "percentile", "field": "x", "p": 0], "/aggregations/0/p out_of_range"),
    (["function": "percentile", "field": "x", "p": 100.0], "/aggregations/0/p out_of_range"),
    (["function": "percentile", "field": "x", "p": "99"], "/aggregations/0/p wrong_type"),
    (["function": "percentile", "p": 99], "/aggregations/0/field missing"),
    (["function": "p99", "field": "x", "p": 99], "/aggregations/0/p conflict"), (["function": "avg", "field": "x", "p": 99], "/aggregations/0/p conflict"),
    (["function": "avg", "field": "x", "population": true], "/aggregations/0/population conflict"),
    (["function": "stddev", "field": "x", "population": 1], "/aggregations/0/population wrong_type"),
    (["function": "count", "where": []], "/aggregations/0/where empty"), (["function": "count", "where": [["op": "exists"]]], "/aggregations/0/where/0/field missing"),
    (["function": "count", "where": ["field": "x", "op": "exists"]], "/aggregations/0/where wrong_type"),
    (["function": "count", "filter": []], "/aggregations/0/filter unknown_member"),
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

  @Test("each function compiles, in the short form and in the long one, with its name", arguments: [
    ("count", nil, .count, "count"), ("count(a.b)", .presence, .count, "count_a_b"), ("sum(a.b)", .numeric, .sum, "sum_a_b"),
    ("avg(a.b)", .numeric, .avg, "avg_a_b"), ("min(a.b)", .numeric, .min, "min_a_b"), ("max(a.b)", .numeric, .max, "max_a_b"),
    ("stddev(a.b)", .numeric, .stddev, "stddev_a_b"), ("variance(a.b)", .numeric, .variance, "variance_a_b"),
    ("percentile(99.9, a.b)", .numeric, .percentile, "p99_9_a_b"), (" percentile ( 5.0 ,a.b ) ", .numeric, .percentile, "p5_a_b"),
    ("p50(a.b)", .numeric, .percentile, "p50_a_b"), ("p90(a.b)", .numeric, .percentile, "p90_a_b"), ("p95(a.b)", .numeric, .percentile, "p95_a_b"),
    ("p99(a.b)", .numeric, .percentile, "p99_a_b"), ("distinct(a.b)", .scalar, .distinct, "distinct_a_b"),
    ("first(a.b)", .scalar, .first, "first_a_b"), ("last(a.b)", .scalar, .last, "last_a_b"), ("rate", nil, .rate, "rate"),
    ("rate(a.b)", .presence, .rate, "rate_a_b"),
  ] as [(String, FieldColumn.Kind?, AggregateFunction, String)])
  func compiles(short: String, kind: FieldColumn.Kind?, function: AggregateFunction, name: String) throws {
    let spec = try Fixtures.parse(Fixtures.least("aggregations", [.string(short)]))
    #expect(spec.compiled.executor.aggregations.map(\.function) == [function])
    #expect(spec.compiled.memberNames == [name])
    #expect(spec.compiled.decoder.fields == (kind.map { [FieldColumn(FieldPath("a.b"), $0)] } ?? []))
    #expect(spec.compiled.executor.aggregations[0].field == (kind == nil ? nil : 0))
    #expect(try Fixtures.parse(spec.normalized).compiled == spec.compiled)
    // The name alone comes from the way of writing.
    let long = try #require(spec.normalized["aggregations"]?.arrayValue?.first)
    #expect(try Fixtures.parse(Fixtures.least("aggregations", [Fixtures.change(long, ["as"], nil)])).compiled == spec.compiled)
  }

  @Test("a percentile is the same in all ways of writing it", arguments: [
    ("p99(x)", ["function": "p99", "field": "x"], 99), ("percentile(99, x)", ["function": "percentile", "field": "x", "p": 99.0], 99),
    ("percentile(0.05, x)", ["function": "percentile", "field": "x", "p": 0.05], 0.05),
  ] as [(String, JSONValue, Double)])
  func percentiles(short: String, long: JSONValue, p: Double) throws {
    let a = try Fixtures.parse(Fixtures.least("aggregations", [.string(short)]))
    let b = try Fixtures.parse(Fixtures.least("aggregations", [long]))
    #expect(a.compiled == b.compiled && a.normalized == b.normalized)
    #expect(a.compiled.executor.aggregations.map(\.percentile) == [p])
  }

  @Test("stddev and variance are of a sample unless the spec says population", arguments: ["stddev", "variance"])
  func population(function: String) throws {
    for (written, population) in [(nil, false), (.bool(false), false), (.bool(true), true)] as [(JSONValue?, Bool)] {
      let item = Fixtures.change(["function": .string(function), "field": "x"], ["population"], written)
      #expect(try Fixtures.parse(Fixtures.least("aggregations", [item])).compiled.executor.aggregations.map(\.population) == [population])
    }
  }

  @Test("aggregations of one field and condition share a column, and others do not")
  func sharing() throws {
    let x: JSONValue = [["field": "s", "op": "==", "value": 1]]
    let sameAsX: JSONValue = [["value": 1.0, "op": "==", "field": "s"]]
    let y: JSONValue = [["field": "s", "op": "==", "value": 2]]
    let items: [JSONValue] = [
      "sum(a)", "avg(a)", "p99(a)", "count(a)", "rate(a)", "first(a)", "distinct(a)", "count", "rate",
      ["as": "1", "function": "count", "where": x], ["as": "2", "function": "rate", "where": sameAsX], ["as": "3", "function": "count", "where": y],
      ["as": "4", "function": "sum", "field": "a", "where": x], ["as": "5", "function": "max", "field": "a", "where": sameAsX],
      ["as": "6", "function": "count", "field": "a", "where": x],
    ]
    let compiled = try Fixtures.parse(Fixtures.least("aggregations", .array(items))).compiled
    #expect(compiled.executor.aggregations.map(\.field) == [0, 0, 0, 1, 1, 2, 2, nil, nil, 3, 3, 4, 5, 5, 6])
    #expect(compiled.decoder.fields.map(\.kind) == [.numeric, .presence, .scalar, .always, .always, .numeric, .presence])
    #expect(compiled.executor.fieldCount == 7)
    #expect(compiled.decoder.fields.map { $0.condition == nil } == [true, true, true, false, false, false, false])
  }

  @Test("conditions whose texts look the same and have different bytes are different columns")
  func normalFormsOfConditions() throws {
    let item = { (name: JSONValue, text: JSONValue) -> JSONValue in
      ["as": name, "function": "count", "where": [["field": "s", "op": "==", "value": text]]]
    }
    let document = Fixtures.least("aggregations", [item("a", "caf\u{E9}"), item("b", "cafe\u{301}")])
    #expect(try Fixtures.parse(document).compiled.executor.aggregations.map(\.field) == [0, 1])
  }
}
