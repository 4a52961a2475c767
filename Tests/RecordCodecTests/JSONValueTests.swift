import Foundation
import RecordCodec
import Testing

@Suite struct JSONValueTests {
  private func parse(_ text: String, maxDepth: Int = 64) throws(JSONParseError) -> JSONValue {
    try JSONValue.parse(Array(text.utf8), maxDepth: maxDepth)
  }

  @Test("documents keep the order of their members, and duplicates")
  func order() throws {
    let value = try parse(#" {"b": 1, "a": [true, false, null, "x", 2.5, {}, []], "b": -3} "#)
    #expect(
      value
        == .object([
          .init("b", 1), .init("a", [true, false, .null, "x", 2.5, .object([]), .array([])]), .init("b", -3),
        ]))
    #expect(value["b"] == 1)
    #expect(value["a"]?.arrayValue?.count == 7)
  }

  @Test(
    "numbers are integers if whole and fitting, doubles otherwise",
    arguments: [
      ("0", JSONValue.integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
      ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
      ("-9223372036854775809", .double(-9_223_372_036_854_775_808)), ("1.0", .double(1)), ("1e2", .double(100)),
      ("-0.0", .double(-0.0)), ("1e-999", .double(0)), ("1.5E+3", .double(1500)),
    ])
  func numbers(text: String, expected: JSONValue) throws {
    #expect(try parse(text) == expected)
  }

  @Test(
    "strings are unescaped",
    arguments: [
      (#""\u0061\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\ud83c\udf89""#, "🎉"), (#""é\u00E9""#, "éé"), (#""""#, ""),
      (#""\u0000""#, "\0"), ("\"\u{7F}\"", "\u{7F}"),
    ])
  func strings(text: String, expected: String) throws {
    #expect(try parse(text) == .string(expected))
  }

  @Test(
    "faults are told with their place",
    arguments: [
      ("", "line 1, column 1: the document is empty"), (" \n ", "line 2, column 2: the document is empty"),
      ("{", "line 1, column 2: expected a member name in quotes, found the end"),
      ("{\"a\" 1}", "line 1, column 6: expected ':' after a member name, found '1'"),
      ("{\"a\":1,}", "line 1, column 8: expected a member name in quotes, found '}'"),
      ("{\n  \"é\": 1\n  \"b\": 2}", "line 3, column 3: expected ',' or '}' in an object, found '\"'"),
      ("[1 2]", "line 1, column 4: expected ',' or ']' in an array, found '2'"), ("[1,]", "line 1, column 4: expected a value, found ']'"),
      ("{} x", "line 1, column 4: unexpected 'x' after the document"), ("[\"ü\", tru]", "line 1, column 7: expected a value, found something that starts like 'true' but is not it"),
      ("01", "line 1, column 1: a number must not start with 0"), ("-", "line 1, column 2: expected a digit, found the end"),
      ("1.", "line 1, column 3: expected a digit, found the end"), ("1e+x", "line 1, column 4: expected a digit, found 'x'"),
      ("[1e400]", "line 1, column 2: the number is too large"), ("+1", "line 1, column 1: expected a value, found '+'"),
      ("\"abc", "line 1, column 1: the string is not closed"), ("\"a\nb\"", "line 1, column 3: a control character in a string must be escaped"),
      (#""\x""#, "line 1, column 2: unknown escape in a string"), (#""\u12g4""#, "line 1, column 2: \\u needs four hex digits"),
      (#""\ud800""#, "line 1, column 2: a surrogate without its partner"), (#""\ud800\u0041""#, "line 1, column 2: a surrogate without its partner"),
      (#""\udc00""#, "line 1, column 2: a surrogate without its partner"), ("\"\\", "line 1, column 2: unknown escape in a string"),
      ("\u{0}", "line 1, column 1: expected a value, found control character 0"), ("\u{FEFF}{}", "line 1, column 1: expected a value, found '\u{FEFF}'"),
      ("NaN", "line 1, column 1: expected a value, found 'N'"),
    ])
  func faults(text: String, message: String) {
    #expect(throws: JSONParseError(message: message)) { try parse(text) }
  }

  @Test("bytes that are not UTF-8 are told with their place")
  func utf8() {
    #expect(throws: JSONParseError(message: "line 2, column 4: not valid UTF-8")) {
      try JSONValue.parse(Array("\n\"é".utf8) + [0x61, 0xFF, 0x22])
    }
  }

  @Test("depth is limited by the caller and never uses up the stack")
  func depth() throws {
    func nested(_ levels: Int) -> String { String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
    _ = try parse(nested(64))
    #expect(throws: JSONParseError(message: "line 1, column 65: nested deeper than 64 levels")) { try parse(nested(65)) }
    _ = try parse(nested(512), maxDepth: .max)
    #expect(throws: JSONParseError.self) { try parse(nested(513), maxDepth: .max) }
    #expect(throws: JSONParseError.self) { try parse(String(repeating: "{\"a\":", count: 1_000_000), maxDepth: .max) }
    #expect(throws: JSONParseError.self) { try parse("[]", maxDepth: 0) }
  }

  @Test("documents are written compact or indented")
  func written() {
    let value: JSONValue = .object([.init("a\"", [1, .object([]), .array([])]), .init("b", .object([.init("c", 5.0)]))])
    #expect(String(decoding: value.serialized(), as: UTF8.self) == #"{"a\"":[1,{},[]],"b":{"c":5.0}}"#)
    #expect(
      String(decoding: value.serialized(pretty: true), as: UTF8.self) == """
        {
          "a\\"": [
            1,
            {},
            []
          ],
          "b": {
            "c": 5.0
          }
        }
        """)
    #expect(JSONValue.double(.nan).serialized() == Array("null".utf8))
    #expect(JSONValue.string("\u{1}\u{1F}\u{7F}é/").serialized() == Array("\"\\u0001\\u001f\u{7F}é/\"".utf8))
  }

  @Test("1,000 random documents are read back as they were written")
  func roundTrip() throws {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<1_000 {
      let value = Self.random(4, &random)
      #expect(try JSONValue.parse(value.serialized()) == value)
      #expect(try JSONValue.parse(value.serialized(pretty: true)) == value)
      _ = try JSONSerialization.jsonObject(with: Data(value.serialized()), options: .fragmentsAllowed)
    }
  }

  private static func random(_ depth: Int, _ random: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int64(bitPattern: random.next()))
    case 3:
      let number = Double(bitPattern: random.next())
      return .double(number.isFinite ? number : 0.5)
    case 4, 5:
      let scalars = (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...0x1FFFF, using: &random))
      }
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      return .string(text)
    case 6: return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in Self.random(depth - 1, &random) })
    default:
      return .object((0..<Int.random(in: 0...4, using: &random)).map { .init("m\($0 % 3)", Self.random(depth - 1, &random)) })
    }
  }
}
