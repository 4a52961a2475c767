import PipelineSpec
import RecordCodec
import Testing

@Suite("Filters of a spec")
struct FilterTests {
  private func faults(_ filter: JSONValue) -> [SpecFault] { Fixtures.faults(Fixtures.least("event/filter", filter)) }

  private static func compare(_ op: JSONValue, _ value: JSONValue?) -> JSONValue {
    Fixtures.change(["field": "a", "op": op], ["value"], value)
  }

  @Test("a wrong condition is one fault, at its pointer", arguments: [
    ([], " empty"), ("a == 1", " wrong_type"), (.null, " wrong_type"), (["any": []], " wrong_type"), (["field": "a", "op": "exists"], " wrong_type"),
    ([1], "/0 wrong_type"), ([[]], "/0 wrong_type"), ([["op": "exists"]], "/0/field missing"), ([["field": 1, "op": "exists"]], "/0/field wrong_type"),
    ([["field": "", "op": "exists"]], "/0/field empty"), ([["field": "a..b", "op": "exists"]], "/0/field bad_format"),
    ([["field": "a", "value": 1]], "/0/op missing"), ([["field": "a", "op": 1]], "/0/op wrong_type"),
    ([["field": "a", "op": "~", "value": 1]], "/0/op unknown_value"), ([["field": "a", "op": "exists", "x": 1]], "/0/x unknown_member"),
    ([["any": []]], "/0/any empty"), ([["all": []]], "/0/all empty"), ([["all": ["field": "a", "op": "exists"]]], "/0/all wrong_type"),
    ([["not": [["field": "a", "op": "exists"]]]], "/0/not wrong_type"), ([["not": ["op": "exists"]]], "/0/not/field missing"),
    ([["any": [["field": "a", "op": "exists"], ["op": "exists"]]]], "/0/any/1/field missing"),
    ([["not": ["field": "a", "op": "exists"], "field": "b"]], "/0/field conflict"),
    ([["any": [["field": "a", "op": "exists"]], "all": [["field": "a", "op": "exists"]]]], "/0/all conflict"),
    ([compare("exists", 1)], "/0/value conflict"), ([compare("==", nil)], "/0/value missing"), ([compare("==", .null)], "/0/value wrong_type"),
    ([compare("!=", [])], "/0/value wrong_type"), ([compare("==", [:])], "/0/value wrong_type"), ([compare("<", true)], "/0/value wrong_type"),
    ([compare(">=", false)], "/0/value wrong_type"), ([compare("contains", 5)], "/0/value wrong_type"),
    ([compare("starts_with", true)], "/0/value wrong_type"), ([compare("starts_with", 1.5)], "/0/value wrong_type"),
    ([compare("in", "a")], "/0/value wrong_type"), ([compare("in", [])], "/0/value empty"), ([compare("in", nil)], "/0/value missing"),
    ([compare("in", [1, .null])], "/0/value/1 wrong_type"), ([compare("in", [1, [2]])], "/0/value/1 wrong_type"),
    ([compare("in", .array((0...1_000).map { .integer($0) }))], "/0/value out_of_range"),
    ([compare("in", .array((1...1_000).map { .integer($0) }))], ""),
    ([compare("==", .string(String(repeating: "x", count: 4_097)))], "/0/value too_long"),
    ([compare("==", .string(String(repeating: "x", count: 4_096)))], ""),
    (.array((0...1_000).map { _ in compare("==", 1) }), " out_of_range"), (.array((1...1_000).map { _ in compare("==", 1) }), ""),
  ] as [(JSONValue, String)])
  func wrong(filter: JSONValue, fault: String) {
    let expected = fault.isEmpty ? "" : "/event/filter" + fault
    #expect(faults(filter).map { "\($0.pointer) \($0.code)" }.joined(separator: "; ") == expected)
  }

  @Test("a condition as others write it is one fault, with what means it here", arguments: [
    (["or": [["field": "a", "op": "exists"]]], "/or", "any"), (["and": [["field": "a", "op": "exists"]]], "/and", "all"),
    (["field": "a", "operator": "==", "op": "==", "value": 1], "/operator", "op"),
    ("a == 1", "", "{\"field\": ..., \"op\": \"==\", \"value\": ...}"),
  ] as [(JSONValue, String, String)])
  func foreign(condition: JSONValue, pointer: String, suggestion: String) {
    let found = faults([condition])
    #expect(found.map(\.pointer) == ["/event/filter/0" + pointer])
    #expect(found.map(\.suggestion) == [suggestion])
  }

  @Test("an operator of another language gets the one that means it", arguments: [
    ("=", "=="), ("<>", "!="), ("gte", ">="), ("=>", ">="), ("lt", "<"), ("startswith", "starts_with"), ("startsWith", "starts_with"),
    ("contain", "contains"), ("exist", "exists"),
  ])
  func operators(written: String, meant: String) {
    #expect(faults([Self.compare(.string(written), 1)]).map(\.suggestion) == [meant])
  }

  @Test("a comparison compiles to what it says", arguments: [
    (compare("==", 1), .compare(FieldPath("a"), .equal, .integer(1))),
    (compare("==", 1.0), .compare(FieldPath("a"), .equal, .integer(1))),
    (compare("!=", 1.5), .compare(FieldPath("a"), .notEqual, .double(1.5))),
    (compare("==", true), .compare(FieldPath("a"), .equal, .boolean(true))),
    (compare("<", 1e300), .compare(FieldPath("a"), .less, .double(1e300))),
    (compare("<=", "b"), .compare(FieldPath("a"), .lessOrEqual, .text("b"))),
    (compare(">", -0.0), .compare(FieldPath("a"), .greater, .integer(0))),
    (compare(">=", .integer(.min)), .compare(FieldPath("a"), .greaterOrEqual, .integer(.min))),
    (compare("contains", ""), .compare(FieldPath("a"), .contains, .text(""))),
    (compare("starts_with", "\u{0}"), .compare(FieldPath("a"), .startsWith, .text("\u{0}"))),
    (compare("in", ["x", 1, 2.0, 2.5, false]), .isIn(FieldPath("a"), [.text("x"), .integer(1), .integer(2), .double(2.5), .boolean(false)])),
    (compare("exists", nil), .exists(FieldPath("a"))),
    (["not": compare("==", 1)], .not(.compare(FieldPath("a"), .equal, .integer(1)))),
    (["any": [compare("exists", nil)]], .any([.exists(FieldPath("a"))])),
    (["all": [compare("exists", nil), ["any": [["not": compare("exists", nil)]]]]], .all([.exists(FieldPath("a")), .any([.not(.exists(FieldPath("a")))])])),
  ] as [(JSONValue, RecordFilter)])
  func compiles(condition: JSONValue, filter: RecordFilter) throws {
    let spec = try Fixtures.parse(Fixtures.least("event/filter", [condition]))
    #expect(spec.compiled.decoder.filter == filter)
    #expect(try Fixtures.parse(spec.normalized).compiled == spec.compiled)
    let both = try Fixtures.parse(Fixtures.least("event/filter", [condition, condition]))
    #expect(both.compiled.decoder.filter == .all([filter, filter]))
    let aggregation: JSONValue = ["as": "n", "function": "sum", "field": "b", "where": [condition]]
    let columns = try Fixtures.parse(Fixtures.least("aggregations", [aggregation])).compiled.decoder.fields
    #expect(columns == [FieldColumn(FieldPath("b"), .numeric, condition: filter)])
  }

  @Test("conditions nest 16 deep and no deeper")
  func depth() {
    func nested(_ levels: Int) -> JSONValue {
      (1..<levels).reduce(Self.compare("exists", nil)) { inner, level in
        level % 2 == 0 ? ["not": inner] : [level % 3 == 0 ? "any" : "all": [inner]]
      }
    }
    #expect(faults([nested(SpecLimits.maxFilterDepth)]).isEmpty)
    #expect(faults([nested(SpecLimits.maxFilterDepth + 1)]).map(\.code) == ["out_of_range"])
  }

  @Test("comparisons of all filters of a spec are counted together")
  func total() {
    let half = JSONValue.array((1...500).map { _ in Self.compare("==", 1) })
    let document = Fixtures.change(
      Fixtures.least("event/filter", half), ["aggregations"],
      [["function": "count", "where": half], ["as": "n", "function": "count", "where": [Self.compare("==", 2)]]])
    #expect(Fixtures.faults(document).map { "\($0.pointer) \($0.code)" } == ["/aggregations/1/where/0 out_of_range"])
    #expect(Fixtures.faults(Fixtures.change(document, ["aggregations"], [["function": "count", "where": half]])).isEmpty)
  }
}
