import RecordCodec
import Testing

@Suite struct LargeRecordTests {
  @Test("values around one MiB and up to the limit decode, one byte more does not")
  func large() {
    let harness = DecodeHarness(.common)
    let frame = #"{"ts":5,"pad":"","id":"x","a":1}"#.utf8.count
    for size in [1 << 20, (1 << 20) + 1, RecordDecoder.maxRecordBytes, RecordDecoder.maxRecordBytes + 1] {
      let pad = String(repeating: "p", count: size - frame)
      let decoded = harness.decode([Input("{\"ts\":5,\"pad\":\"\(pad)\",\"id\":\"x\",\"a\":1}"), Input(#"{"ts":6,"id":"y"}"#)])
      #expect(decoded[0].failure == (size > RecordDecoder.maxRecordBytes ? .notJSON : nil))
      #expect(decoded[0].keyText == (size > RecordDecoder.maxRecordBytes ? nil : "x"))
      #expect(decoded[1].timestamp == 6)
    }
  }

  @Test("a MiB of members, of items and of white space is walked through")
  func manyParts() {
    let harness = DecodeHarness(.common)
    let members = (0..<60_000).map { "\"member\($0)\":\($0)" }.joined(separator: ",")
    let items = String(repeating: "[1,{\"a\":2}],", count: 80_000) + "0"
    let blanks = String(repeating: " \n", count: 500_000)
    let decoded = harness.decode([
      Input("{\(members),\"ts\":5,\"id\":\"x\",\"a\":1}"), Input("{\"z\":[\(items)],\"ts\":5,\"id\":\"x\",\"a\":1}"),
      Input("{\"ts\":5\(blanks),\"id\":\"x\"\(blanks),\"a\"\(blanks):1}"),
      Input("{\"ts\":5,\"id\":\"x\",\"a\":1,\"z\":[\(items)}"),
    ])
    #expect(decoded.map(\.failure) == [nil, nil, nil, .notJSON])
    #expect(decoded[0] == decoded[1] && decoded[1] == decoded[2])
  }

  /// An object whose member `name` is nested so that the record has `depth` levels.
  private func nested(_ depth: Int, _ open: String, _ close: String, name: String = "z") -> String {
    let levels = depth - 1
    return "{\"ts\":5,\"id\":\"x\",\"\(name)\":" + String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels) + "}"
  }

  @Test("nesting of 1,023 and 1,024 levels is fine, 1,025 is too deep, wanted or not", arguments: ["z", "a", "tag"])
  func depth(name: String) {
    var configuration = RecordDecoderConfiguration.common
    configuration.fields = [FieldColumn(FieldPath("tag.n"))]
    let harness = DecodeHarness(configuration)
    for (open, close) in [("[", "]"), ("{\"n\":", "}"), ("[{\"n\":[", "]}]")] {
      let step = open.count { $0 == "[" || $0 == "{" }
      for depth in [1_023, 1_024, 1_025, 1_026, 3_000] where (depth - 1) % step == 0 {
        let levels = (depth - 1) / step
        let text =
          "{\"ts\":5,\"id\":\"x\",\"\(name)\":" + String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels) + "}"
        let failure = harness.decode(Input(text)).failure
        if name == "tag", open == "{\"n\":", depth <= 1_024 {
          #expect(failure == .badField)  // tag.n is an object
        } else {
          #expect(failure == (depth > 1_024 ? .tooDeep : nil), "\(open) \(depth)")
        }
      }
    }
  }

  @Test("too deep is told only of records that are otherwise whole; bombs of brackets do no harm")
  func bombs() {
    let harness = DecodeHarness(.common)
    let million = 1_000_000
    let bombs = [
      String(repeating: "[", count: million), String(repeating: "{\"a\":", count: million / 5), "{\"a\":" + String(repeating: "[", count: million),
      "{\"a\":" + String(repeating: "[", count: million / 2) + String(repeating: "]", count: million / 2),
      "{\"z\":" + String(repeating: "[{\"z\":", count: 100_000) + "1" + String(repeating: "}]", count: 100_000) + "]",
    ]
    for bomb in bombs { #expect(harness.decode(Input(bomb)).failure == .notJSON) }
    #expect(harness.decode(Input(bombs[3] + "}")).failure == .tooDeep)
    #expect(harness.decode(Input(#"{"ts":5,"id":"x"}"#)).failure == nil)
    // Brackets in strings and side by side are no depth.
    let wide = String(repeating: "[],{},", count: 5_000)
    #expect(harness.decode(Input("{\"ts\":5,\"id\":\"x\",\"s\":\"\(String(repeating: "[{", count: 5_000))\",\"w\":[\(wide)0]}")).failure == nil)
  }
}
