import RecordCodec
import Testing

/// Whether a record passes the filter; nil if it is bad.
func passes(_ filter: RecordFilter, _ record: String) -> Bool? {
  var configuration = RecordDecoderConfiguration.columns([])
  configuration.filter = filter
  let decoded = decodeOne(configuration, record)
  return decoded.failure == nil ? !decoded.isFiltered : nil
}

/// A value as it stands in a record, and what it is compared with.
struct Comparison: Sendable, CustomTestStringConvertible {
  var value: String
  var literal: RecordFilter.Value
  /// The operators that hold; all others must not.
  var holds: [RecordFilter.Operator]

  init(_ value: String, _ literal: RecordFilter.Value, _ holds: [RecordFilter.Operator]) {
    self.value = value
    self.literal = literal
    self.holds = holds
  }

  var testDescription: String { "\(value) against \(literal)" }
}

@Suite struct FilterTests {
  static let equal: [RecordFilter.Operator] = [.equal, .lessOrEqual, .greaterOrEqual]
  static let less: [RecordFilter.Operator] = [.notEqual, .less, .lessOrEqual]
  static let greater: [RecordFilter.Operator] = [.notEqual, .greater, .greaterOrEqual]
  static let other: [RecordFilter.Operator] = [.notEqual]

  private func check(_ comparison: Comparison) {
    for relation in RecordFilter.Operator.allCases {
      let filter = RecordFilter.compare(FieldPath("x"), relation, comparison.literal)
      let expected = comparison.holds.contains(relation)
      #expect(passes(filter, "{\"x\":\(comparison.value)}") == expected, "\(relation)")
      #expect(passes(.not(filter), "{\"x\":\(comparison.value)}") == !expected, "not \(relation)")
    }
    let member = RecordFilter.isIn(FieldPath("x"), [.text("none of it"), comparison.literal, .integer(-99)])
    #expect(passes(member, "{\"x\":\(comparison.value)}") == comparison.holds.contains(.equal))
    #expect(passes(.exists(FieldPath("x")), "{\"x\":\(comparison.value)}") == true)
  }

  @Test(
    "numbers are compared by their exact values, whole ones against doubles too",
    arguments: [
      Comparison("5", .integer(5), equal), Comparison("4", .integer(5), less), Comparison("6", .integer(5), greater),
      Comparison("5.0", .integer(5), equal), Comparison("5", .double(5), equal), Comparison("5e0", .double(5), equal),
      Comparison("5.5", .integer(5), greater), Comparison("-5.5", .integer(-5), less), Comparison("5", .double(5.5), less),
      Comparison("-5", .double(-5.5), greater), Comparison("0", .double(-0.0), equal), Comparison("-0.0", .integer(0), equal),
      Comparison("-0.0", .double(0), equal), Comparison("0.5", .integer(0), greater), Comparison("-0.5", .integer(0), less),
      Comparison("5e-324", .integer(0), greater),
      // 2^53 + 1 and 2^63 - 1 have no double of their own.
      Comparison("9007199254740993", .double(9_007_199_254_740_992), greater),
      Comparison("9007199254740992", .double(9_007_199_254_740_992), equal),
      Comparison("9007199254740992.0", .integer(9_007_199_254_740_993), less),
      Comparison("-9007199254740993", .double(-9_007_199_254_740_992), less),
      Comparison("9223372036854775807", .double(0x1p63), less), Comparison("9223372036854775808", .integer(.max), greater),
      Comparison("9223372036854774784", .double(0x1.fffffffffffffp62), equal),
      Comparison("-9223372036854775808", .double(-0x1p63), equal), Comparison("-9223372036854775809", .integer(.min), equal),
      Comparison("-9223372036854777856", .integer(.min), less), Comparison("1e300", .integer(.max), greater),
      Comparison("-1e300", .integer(.min), less), Comparison("9223372036854775807", .integer(.max), equal),
    ])
  func numbers(comparison: Comparison) { check(comparison) }

  @Test(
    "a number beyond double is an infinity of its sign",
    arguments: [
      Comparison("1e400", .integer(.max), greater), Comparison("1e400", .double(.greatestFiniteMagnitude), greater),
      Comparison("-1e400", .integer(.min), less), Comparison("-1e400", .double(-.greatestFiniteMagnitude), less),
      Comparison("1e400", .double(.infinity), equal), Comparison("-1e400", .double(.infinity), less),
      Comparison("1" + String(repeating: "0", count: 400), .integer(1), greater),
      Comparison("-1" + String(repeating: "0", count: 400), .integer(1), less), Comparison("1e400", .text("1e400"), other),
    ])
  func outOfRange(comparison: Comparison) { check(comparison) }

  @Test(
    "nothing is equal to, less than or greater than a NaN",
    arguments: ["5", "5.5", "1e400", "\"NaN\"", "true"].map { Comparison($0, .double(.nan), other) })
  func nan(comparison: Comparison) { check(comparison) }

  @Test(
    "texts are compared by their UTF-8 bytes, unescaped",
    arguments: [
      Comparison(#""b""#, .text("b"), equal + [.contains, .startsWith]), Comparison(#""a""#, .text("b"), less),
      Comparison(#""c""#, .text("b"), greater), Comparison(#""B""#, .text("b"), less),
      Comparison(#""ba""#, .text("b"), greater + [.contains, .startsWith]), Comparison(#""ab""#, .text("b"), less + [.contains]),
      Comparison(#""""#, .text("b"), less), Comparison(#""b""#, .text(""), greater + [.contains, .startsWith]),
      Comparison(#""""#, .text(""), equal + [.contains, .startsWith]),
      // Bytes, not characters: U+00E9 and e + U+0301 are different, and U+FF5E stands before U+1F389, though not in UTF-16.
      Comparison(#""é""#, .text("e\u{301}"), greater), Comparison(#""～""#, .text("🎉"), less), Comparison(#""é""#, .text("z"), greater),
      Comparison(#""\u0062""#, .text("b"), equal + [.contains, .startsWith]), Comparison(#""\ud83c\udf89!""#, .text("🎉"), greater + [.contains, .startsWith]),
      Comparison(#""a\"b\\""#, .text("a\"b\\"), equal + [.contains, .startsWith]), Comparison(#""a\nb""#, .text("\nb"), greater + [.contains]),
      Comparison(#""a\u0000b""#, .text("a"), greater + [.contains, .startsWith]), Comparison(#""a\u0000b""#, .text("a\0b"), equal + [.contains, .startsWith]),
      Comparison(#""a\u0000b""#, .text("\0b"), greater + [.contains]), Comparison(#""aXa\u0062aab""#, .text("aab"), less + [.contains]),
      Comparison(#""a_long_text_of_more_than_sixteen_bytes""#, .text("a_long_text_of_more_than_sixteen_byte"), greater + [.contains, .startsWith]),
    ])
  func texts(comparison: Comparison) { check(comparison) }

  @Test(
    "booleans are equal or not, and none is smaller",
    arguments: [
      Comparison("true", .boolean(true), [.equal]), Comparison("false", .boolean(false), [.equal]),
      Comparison("true", .boolean(false), [.notEqual]), Comparison("false", .boolean(true), [.notEqual]),
    ])
  func booleans(comparison: Comparison) { check(comparison) }

  @Test(
    "a value of another type, an object, an array and half a surrogate pair are not equal, and nothing else holds",
    arguments: [
      Comparison("1", .text("1"), other), Comparison("\"1\"", .integer(1), other), Comparison("\"1.5\"", .double(1.5), other),
      Comparison("1", .boolean(true), other), Comparison("0", .boolean(false), other), Comparison("true", .integer(1), other),
      Comparison("true", .text("true"), other), Comparison("\"true\"", .boolean(true), other), Comparison("\"\"", .boolean(false), other),
      Comparison("{}", .integer(0), other), Comparison("[]", .text(""), other), Comparison("[1]", .integer(1), other),
      Comparison("{\"x\":\"a\"}", .text("a"), other), Comparison("[true]", .boolean(true), other),
      Comparison(#""a\ud800""#, .text("a"), other), Comparison(#""\udc00a""#, .text(""), other),
    ])
  func otherTypes(comparison: Comparison) { check(comparison) }

  @Test("a missing field and null fail every comparison, and do not exist", arguments: ["{}", #"{"x":null}"#, #"{"y":1}"#, #"{"z":{"x":1}}"#])
  func missing(record: String) {
    for literal in [RecordFilter.Value.integer(0), .double(0), .text(""), .boolean(false)] {
      for relation in RecordFilter.Operator.allCases {
        #expect(passes(.compare(FieldPath("x"), relation, literal), record) == false)
        #expect(passes(.not(.compare(FieldPath("x"), relation, literal)), record) == true)
      }
    }
    #expect(passes(.exists(FieldPath("x")), record) == false)
    #expect(passes(.isIn(FieldPath("x"), [.integer(0), .text("")]), record) == false)
  }

  @Test("all, any and not nest; all of nothing holds, any of nothing does not")
  func nesting() {
    func present(_ name: String) -> RecordFilter { .exists(FieldPath(name)) }
    let record = #"{"a":1,"b":{"c":[true]}}"#
    #expect(passes(.all([]), record) == true)
    #expect(passes(.any([]), record) == false)
    #expect(passes(.not(.all([])), record) == false)
    #expect(passes(.isIn(FieldPath("a"), []), record) == false)
    #expect(passes(.isIn(FieldPath("a"), [.text("1"), .double(1)]), record) == true)
    #expect(passes(.all([present("a"), present("b"), present("b.c"), present("b.c.0")]), record) == true)
    #expect(passes(.all([present("a"), present("b.d"), present("b.c")]), record) == false)
    #expect(passes(.any([present("z"), present("y"), present("a")]), record) == true)
    #expect(passes(.any([present("z"), .all([present("a"), .not(present("z"))])]), record) == true)
    #expect(passes(.all([.any([present("z"), present("a")]), .any([present("z"), .not(present("a"))])]), record) == false)
    #expect(passes(.not(.any([present("z"), .all([present("a"), .not(present("b"))])])), record) == true)
  }

  @Test("32 levels are evaluated; a filter of more never holds, whichever way it is turned")
  func depth() {
    func nested(_ levels: Int, _ wrap: (RecordFilter) -> RecordFilter) -> RecordFilter {
      (1..<levels).reduce(.exists(FieldPath("a"))) { filter, _ in wrap(filter) }
    }
    #expect(RecordFilter.maxDepth == 32)
    for wrap in [{ RecordFilter.all([$0]) }, { .any([.exists(FieldPath("z")), $0]) }] as [(RecordFilter) -> RecordFilter] {
      #expect(passes(nested(32, wrap), #"{"a":1}"#) == true)
      #expect(passes(nested(33, wrap), #"{"a":1}"#) == false)
    }
    #expect(passes(nested(31) { .not($0) }, #"{"a":1}"#) == true)
    #expect(passes(nested(32) { .not($0) }, #"{"a":1}"#) == false)
    #expect(passes(nested(33) { .not($0) }, #"{"a":1}"#) == false)
    #expect(passes(nested(5_000) { .not($0) }, #"{"a":1}"#) == false)
  }

  @Test("a filter of 2,000 comparisons is evaluated, and a long text is searched in a time that grows with its length")
  func large() {
    let wide = RecordFilter.any((0..<2_000).map { .compare(FieldPath("f\($0)"), .equal, .integer(1)) })
    #expect(passes(wide, #"{"f1999":1}"#) == true)
    #expect(passes(wide, #"{"f1999":2}"#) == false)
    // Quadratic, this would be 10^12 steps.
    let text = String(repeating: "a", count: 4_000_000)
    let part = String(repeating: "a", count: 250_000) + "b"
    #expect(passes(.compare(FieldPath("x"), .contains, .text(part)), "{\"x\":\"\(text)\"}") == false)
    #expect(passes(.compare(FieldPath("x"), .contains, .text(part)), "{\"x\":\"\(text)b\"}") == true)
  }

  @Test("the filter is asked after document and timestamp, and before key and fields")
  func order() {
    var configuration = RecordDecoderConfiguration.common
    configuration.filter = .compare(FieldPath("pass"), .equal, .boolean(true))
    let harness = DecodeHarness(configuration)
    let decoded = harness.decode(
      [
        #"{"ts":5,"id":"x","a":1,"pass":true}"#, #"{"ts":6,"id":"x","a":1,"pass":false}"#, #"{"ts":7,"a":"text","pass":false}"#,
        #"{"ts":8}"#, #"{"ts":"no"}"#, #"{}"#, #"{"ts":2000}"#, #"{"ts":9"#, #"{"ts":10,"pass":true}"#, #"{"ts":11,"id":"y","a":[],"pass":true}"#,
        #"{"ts":-12,"id":"z","pass":true}"#,
      ].map { Input($0) }, latest: 1_000)
    func filtered(_ time: Int64) -> Decoded {
      Decoded(failure: nil, isFiltered: true, timestamp: time, key: nil, cells: [.missing, .missing])
    }
    #expect(decoded[1] == filtered(6) && decoded[2] == filtered(7) && decoded[3] == filtered(8))
    #expect(decoded.map(\.isFiltered) == [false, true, true, true, false, false, false, false, false, false, false])
    #expect(
      decoded.map(\.failure) == [
        nil, nil, nil, nil, .badTimestamp, .missingTimestamp, .timestampInFuture, .notJSON, .missingKey, .badField, nil,
      ])
    #expect(decoded[0].keyText == "x" && decoded[10].keyText == "z" && decoded[10].timestamp == -12)
  }

  @Test("a filter may ask for the fields that are time, key and column, and for parents of those")
  func sharedFields() {
    var configuration = RecordDecoderConfiguration(
      timestamp: .field(FieldPath("m.t"), .rfc3339), key: .fields([FieldPath("m.k")], .plain), fields: [FieldColumn(FieldPath("m.v"))])
    configuration.filter = .all([
      .exists(FieldPath("m")), .compare(FieldPath("m.t"), .startsWith, .text("1970")), .compare(FieldPath("m.k"), .contains, .text("\"")),
      .compare(FieldPath("m.v"), .less, .double(2.5)),
    ])
    let decoded = decodeOne(configuration, #"{"m":{"t":"1970-01-01T00:00:0\u0031Z","k":"a\"b","v":2}}"#)
    #expect(decoded == Decoded(failure: nil, timestamp: 1_000, key: Array("a\"b".utf8), cells: [.integer(2)]))
    #expect(decodeOne(configuration, #"{"m":{"t":"1970-01-01T00:00:01Z","k":"ab","v":2}}"#).isFiltered)
  }
}
