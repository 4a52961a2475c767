import RecordCodec
import Testing

@testable import PipelineSpec

@Suite("YAML")
struct YAMLTests {
  private func document(_ text: String) throws -> JSONValue { try SpecYAML.document(from: Array(text.utf8)) }

  private func refusal(_ text: String) -> YAMLFault? {
    do { _ = try document(text) } catch { return error as? YAMLFault }
    return nil
  }

  @Test("A spec as YAML is the same document as in JSON")
  func spec() throws {
    let text = """
      # Latency per model
      name: latency
      kafka:
        input_topics: [requests]
        output_topic: latency-1m
      window: {type: tumbling, size_ms: 60000}
      aggregations:
        - count
        - avg(latency_ms)

      """
    let spec = try PipelineSpec.parse(document(text), name: nil, defaults: Fixtures.defaults)
    #expect(try document(text) == Fixtures.least)
    #expect(try spec == PipelineSpec.parse(Fixtures.least, name: nil, defaults: Fixtures.defaults))
  }

  @Test("A JSON text is read as JSON, whatever the white space", arguments: [Fixtures.least, Fixtures.full] + Fixtures.kinds)
  func json(_ value: JSONValue) throws {
    for pretty in [false, true] {
      let text = "\u{FEFF} \t" + String(decoding: value.serialized(pretty: pretty), as: UTF8.self)
      #expect(try document(text) == value)
    }
  }

  @Test("Plain scalars follow the core schema of YAML 1.2", arguments: [
    ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("nULL", "nULL"), ("true", true), ("False", false), ("yes", "yes"),
    ("No", "No"), ("on", "on"), ("y", "y"), ("0", 0), ("12", 12), ("-3", -3), ("+3", 3), ("012", 12), ("0x1F", 31), ("0o17", 15),
    ("0x", "0x"), ("0x-1", "0x-1"), ("-0x1F", "-0x1F"), ("0b1", "0b1"), ("1_000", "1_000"), ("9223372036854775807", .integer(.max)),
    ("9223372036854775808", 9223372036854775808.0), ("-9223372036854775808", .integer(.min)), ("1.5", 1.5), (".5", 0.5), ("1.", 1.0),
    ("-1e3", -1000.0), ("1e", "1e"), (".", "."), ("+", "+"), ("-", "-"), ("e5", "e5"), ("1.2.3", "1.2.3"), ("2026-01-02", "2026-01-02"),
    ("1:30", "1:30"), ("0x8000000000000000", "0x8000000000000000"), ("+.5e-1", 0.05), ("nan", "nan"), ("inf", "inf"), ("=", "="), ("<<", "<<"),
  ] as [(String, JSONValue)])
  func scalars(_ text: String, _ value: JSONValue) throws {
    #expect(try YAMLScalar.value(text) == value)
  }

  @Test("What is quoted or a block is a string", arguments: [
    ("a: '12'", "12"), ("a: \"true\"", "true"), ("a: \"\"", ""), ("a: ''", ""), ("a: |\n  12\n", "12\n"), ("a: >-\n  x\n  y\n", "x y"),
    ("a: \"\\u00e9\\n\"", "é\n"), ("a: 'it''s'", "it's"), ("a: 100 %", "100 %"), ("a: avg(x)", "avg(x)"), ("a: b # c", "b"),
  ])
  func strings(_ text: String, _ value: String) throws {
    #expect(try document(text)["a"] == .string(value))
  }

  @Test("Keys keep their order, are strings, and differ by their bytes")
  func keys() throws {
    let members = try #require(try document("b: 1\na: 2\n5: x\ntrue: y\n\"~\": z\ne\u{301}: 1\n\u{E9}: 2\n").objectMembers)
    #expect(members.map { Array($0.name.utf8) } == ["b", "a", "5", "true", "~", "e\u{301}", "\u{E9}"].map { Array($0.utf8) })
  }

  @Test("What YAML can and a spec cannot is refused at its place", arguments: [
    ("a: &x 1\nb: 2", 1, 4, "anchors"), ("a: 1\nb: *x", 2, 4, "aliases"), ("a: !!str 5", 1, 4, "tags"), ("a: 1\n---\nb: 2", 2, 1, "second document"),
    ("a: 1\nb: 2\na: 3", 3, 1, "there twice"), ("w:\n  - {x: 1, x: 2}", 2, 12, "there twice"), ("[1, 2]: 3", 1, 1, "a key has to be"),
    ("? {a: 1}\n: 2", 1, 3, "a key has to be"), (": 1", 1, 1, "a key is missing"), ("a: .nan", 1, 4, "no number"), ("a: -.INF", 1, 4, "no number"),
    ("a: 1e999", 1, 4, "too large"), ("a: b: c", 1, 0, "not YAML"), ("a: [1, 2", 2, 0, "not YAML"), ("\ta: 1", 1, 0, "not YAML"), ("a: \"x", 1, 0, "not YAML"),
    ("a: 1\n b: 2", 0, 0, "not YAML"), ("", 0, 0, "empty"), ("# nothing\n", 0, 0, "empty"), ("a: 1\nb: \0", 2, 4, "NUL"),
    ("a: @x", 1, 0, "not YAML"), ("%YAML 3.0\n---\na: 1", 0, 0, ""),
  ] as [(String, Int, Int, String)])
  func refused(_ text: String, _ line: Int, _ column: Int, _ word: String) throws {
    let fault = try #require(refusal(text))
    #expect(fault.message.contains(word), "\(fault.text)")
    if line > 0 { #expect(fault.line == line, "\(fault.text)") }
    if column > 0 { #expect(fault.column == column, "\(fault.text)") }
    #expect(fault.message.utf8.count < 300 && !SpecText.hasControl(fault.message))
  }

  @Test("Bytes that are not UTF-8 are refused at their place")
  func notUTF8() {
    let fault = #expect(throws: YAMLFault.self) { try SpecYAML.document(from: Array("a: 1\nbé: ".utf8) + [0xFF, 0x41]) }
    #expect(fault == YAMLFault(line: 2, column: 5, "not valid UTF-8"))
  }

  @Test("Texts that are too large in any way are refused")
  func limits() throws {
    let deep = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
    #expect(try document(deep(YAMLLimits.maxDepth)).arrayValue?.count == 1)
    #expect(refusal(deep(YAMLLimits.maxDepth + 1))?.message.contains("nested deeper") == true)
    #expect(refusal(String(repeating: "[", count: 1_000_000))?.message.contains("brackets") == true)
    #expect(refusal("[\(String(repeating: "1,", count: YAMLLimits.maxFlowMarks))1]")?.message.contains("brackets") == true)
    #expect(refusal(String(repeating: "- 1\n", count: YAMLLimits.maxNodes))?.message.contains("values") == true)
    #expect(refusal((0...YAMLLimits.maxKeysOfOneMapping).map { "k\($0): 1\n" }.joined())?.message.contains("keys in one mapping") == true)
    #expect(refusal("? \(String(repeating: "k", count: 2_000))\n: 1")?.message.contains("a key with more than") == true)
    #expect(refusal("a: " + String(repeating: "x", count: YAMLLimits.maxBytes))?.message.contains("at most") == true)
  }

  @Test("Aliases that would multiply cost neither memory nor time")
  func bomb() throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 { text += "a\(level): &a\(level) [\((0..<9).map { _ in "*a\(level - 1)" }.joined(separator: ", "))]\n" }
    let start = ContinuousClock.now
    #expect(refusal(text)?.message.contains("anchors") == true)
    #expect(refusal("a: [\(String(repeating: "*x, ", count: 40_000))*x]")?.message.contains("aliases") == true)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("Hostile texts of a mebibyte are answered in a moment", arguments: [
    ("? ", 524_288), ("- ", 524_288), ("a: ", 349_525), ("{a: ", 262_144), ("\"a\": 1\n", 149_796), ("# x\n", 262_144), ("'", 1_048_576),
    ("[],", 349_525), ("- - \n", 209_715), ("\n", 1_048_576), ("a", 1_048_576), ("&a ", 349_525), ("!!a ", 262_144), ("|\n", 524_288),
  ])
  func hostile(_ piece: String, _ count: Int) {
    let start = ContinuousClock.now
    _ = refusal(String(repeating: piece, count: count))
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("Changed bytes of a good text never end the process")
  func mutations() {
    let good = Array("name: latency\nkafka: {input_topics: [a, \"b\"], output_topic: 'c'}\nwindow:\n  type: |\n    x\naggregations:\n  - count\n".utf8)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<3_000 {
      var text = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let at = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: text[at] = UInt8.random(in: 0...255, using: &random)
        case 1: text.remove(at: at)
        default: text.insert(Array("{}[]:,&*!|>'\"%@`#?- \n\t".utf8).randomElement(using: &random) ?? 0x20, at: at)
        }
      }
      _ = try? SpecYAML.document(from: text)
    }
  }
}
