import RecordCodec
import Testing

@Suite struct FieldTests {
  @Test(
    "numbers become integers where they are whole and fit, doubles otherwise",
    arguments: [
      ("0", Cell.integer(0)), ("-0", .integer(0)), ("7", .integer(7)), ("-12", .integer(-12)),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .real(9_223_372_036_854_775_808)), ("-9223372036854775809", .real(-9_223_372_036_854_775_808)),
      ("18446744073709551616", .real(18_446_744_073_709_551_616)), ("99999999999999999999999", .real(1e23)),
      ("1.0", .real(1)), ("-0.0", .real(-0.0)), ("0.1", .real(0.1)), ("1e2", .real(100)), ("1E-2", .real(0.01)),
      ("1e+2", .real(100)), ("123.456e1", .real(1234.56)), ("2.2250738585072011e-308", .double(0x000F_FFFF_FFFF_FFFF)),
      ("5e-324", .real(.leastNonzeroMagnitude)), ("1e-400", .real(0)), ("-1e-400", .real(-0.0)), ("0e400", .real(0)), ("0.0e999999999999", .real(0)),
      ("1.7976931348623157e308", .real(.greatestFiniteMagnitude)), ("9007199254740993", .integer(9_007_199_254_740_993)),
      ("9007199254740993.0", .real(9_007_199_254_740_992)), ("0.000000000000000000000000000001", .real(1e-30)),
      ("3.141592653589793238462643383279", .real(.pi)), ("1e22", .real(1e22)), ("1e23", .real(1e23)),
      ("100000000000000000000e-20", .real(1)), ("null", .missing),
    ])
  func numbers(text: String, cell: Cell) {
    let decoded = decodeOne(.columns(["n"]), "{\"n\":\(text)}")
    #expect(decoded.failure == nil)
    #expect(decoded.cells == [cell])
  }

  @Test("numbers beyond double are out of range, however they are written")
  func outOfRange() {
    let zeros = String(repeating: "0", count: 400)
    for text in ["1e309", "-1e400", "1e999999999999999999999", "1\(zeros)", "1.8e308", "0.\(zeros)1e99999999"] {
      #expect(decodeOne(.columns(["n"]), "{\"n\":\(text)}").failure == .numberOutOfRange, "\(text)")
    }
    #expect(decodeOne(.columns(["n"]), "{\"n\":1\(zeros)e-400}").cells == [.real(1)])
    #expect(decodeOne(.columns(["n"]), "{\"n\":0.\(zeros)1e401}").cells == [.real(1)])
    #expect(decodeOne(.columns(["n"]), "{\"unused\":1e400}").failure == nil)
  }

  @Test("100,000 random doubles come back bit for bit")
  func randomDoubles() {
    var random = SeededGenerator(seed: 11)
    let harness = DecodeHarness(.columns(["n"]))
    for _ in 0..<100 {
      let numbers = (0..<1_000).map { _ -> Double in
        let number = Double(bitPattern: random.next())
        return number.isFinite ? number : 1.5
      }
      let cells = harness.decode(numbers.map { Input("{\"n\":\($0)}") }).map(\.cells)
      #expect(cells == numbers.map { [.real($0)] })
    }
  }

  @Test(
    "dotted paths reach into objects and arrays",
    arguments: [
      ("usage.total_tokens", #"{"usage":{"total_tokens":5}}"#, Cell.integer(5)),
      ("items.0.price", #"{"items":[{"price":5},{"price":6}]}"#, .integer(5)),
      ("items.1.price", #"{"items":[{"price":5},{"price":6}]}"#, .integer(6)),
      ("items.2.price", #"{"items":[{"price":5},{"price":6}]}"#, .missing),
      ("items.1", #"{"items":[5,6]}"#, .integer(6)),
      ("items.10", #"{"items":[0,1,2,3,4,5,6,7,8,9,42]}"#, .integer(42)),
      ("items.01", #"{"items":[5,6]}"#, .missing),
      ("items.0", #"{"items":{"0":7}}"#, .integer(7)),
      ("items.01", #"{"items":{"01":7}}"#, .integer(7)),
      ("items.0", #"{"items":[]}"#, .missing),
      ("a.0.0.1", #"{"a":[[[1,2]]]}"#, .integer(2)),
      ("a.b", #"{"a.b":1}"#, .missing),
      ("a.b", #"{"a":5}"#, .missing),
      ("a.b", #"{"a":"b"}"#, .missing),
      ("a.b", #"{"a":null}"#, .missing),
      ("a.b", #"{"a":{"c":{"b":1}},"b":2}"#, .missing),
      ("b", #"{"a":{"b":1}}"#, .missing),
      ("b", #"{"a":[{"b":1}],"c":{"b":[1]}}"#, .missing),
      ("a..b", #"{"a":{"":{"b":3}}}"#, .integer(3)),
      ("", #"{"":3}"#, .integer(3)),
      ("eight888", #"{"eight889":1,"eight888":2,"eight8888":3}"#, .integer(2)),
      ("a_long_member_name", #"{"a_long_member_nams":1,"a_long_member_name":2}"#, .integer(2)),
      ("größe", #"{"größe":4}"#, .integer(4)),
    ])
  func paths(path: String, record: String, cell: Cell) {
    let decoded = decodeOne(.columns([path]), record)
    #expect(decoded.failure == nil)
    #expect(decoded.cells == [cell])
  }

  @Test(
    "escaped member names are the names that they spell",
    arguments: [
      ("a", #"{"\u0061":1}"#), ("ab", #"{"a\u0062":1}"#), ("a/b", #"{"a\/b":1}"#), ("q\"", #"{"q\"":1}"#), ("é", #"{"\u00e9":1}"#),
      ("🎉", #"{"\ud83c\udf89":1}"#), ("x\\", #"{"x\\":1}"#), ("u.a", #"{"\u0075":{"\u0061":1}}"#),
    ])
  func escapedNames(path: String, record: String) {
    #expect(decodeOne(.columns([path]), record).cells == [.integer(1)])
  }

  @Test("a name that only looks like the wanted one does not match")
  func lookAlikes() {
    let record = #"{"a\\":1,"\u0061a":2,"a\n":3,"\ud800":4,"A":5}"#
    #expect(decodeOne(.columns(["a"]), record) == decodeOne(.columns(["a"]), "{}"))
  }

  @Test("the same field feeds every column, the key and the time at once; a path and its parent may both be wanted")
  func shared() {
    let configuration = RecordDecoderConfiguration(
      timestamp: .field(FieldPath("n"), .milliseconds), key: .fields([FieldPath("n")], .user),
      fields: [FieldColumn(FieldPath("n")), FieldColumn(FieldPath("n"), .presence), FieldColumn(FieldPath("n"))])
    let decoded = decodeOne(configuration, #"{"n":12}"#)
    #expect(decoded == Decoded(failure: nil, timestamp: 12, key: Array("user:12".utf8), cells: [.integer(12), .integer(1), .integer(12)]))

    #expect(decodeOne(.columns(["u", "u.n"]), #"{"u":3}"#).cells == [.integer(3), .missing])
    #expect(decodeOne(.columns(["u", "u.n"]), #"{"u":{"n":3}}"#).failure == .badField)
  }

  @Test(
    "presence columns take any scalar",
    arguments: [
      ("1", Cell.integer(1)), ("0", .integer(1)), ("\"\"", .integer(1)), ("\"x\"", .integer(1)), ("true", .integer(1)),
      ("false", .integer(1)), ("1e400", .integer(1)), ("2.5", .integer(1)), ("null", .missing),
    ])
  func presence(text: String, cell: Cell) {
    let decoded = decodeOne(.columns(["p"], .presence), "{\"p\":\(text)}")
    #expect(decoded.failure == nil)
    #expect(decoded.cells == [cell])
    #expect(decodeOne(.columns(["p"], .presence), "{\"p\":[\(text)]}").failure == .badField)
    #expect(decodeOne(.columns(["p"], .presence), "{}").cells == [.missing])
  }

  @Test("a path of 64 steps is found, a longer one never")
  func longPaths() {
    for steps in [63, 64, 65, 5_000] {
      let path = Array(repeating: "s", count: steps).joined(separator: ".")
      let depth = min(steps, 1_000)
      let record = String(repeating: "{\"s\":", count: depth) + "1" + String(repeating: "}", count: depth)
      let decoded = decodeOne(.columns([path]), record)
      #expect(decoded.failure == nil)
      #expect(decoded.cells == [steps <= FieldPath.maxSteps ? .integer(1) : .missing])
    }
  }

  @Test("200 columns of a wide record, wanted in another order than they come")
  func wide() {
    let names = (0..<200).map { "column_\($0)" }
    let record = "{" + names.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
    let decoded = decodeOne(.columns(names.reversed()), record)
    #expect(decoded.cells == (0..<200).reversed().map { .integer(Int64($0)) })
  }
}
