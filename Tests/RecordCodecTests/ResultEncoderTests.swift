import Foundation
import RecordCodec
import Testing

@Suite struct ResultEncoderTests {
  private func encode(
    _ encoder: ResultEncoder, key: [UInt8], start: Int64 = 0, end: Int64 = 60_000, revision: Int64 = 1, final: Bool = true,
    retracted: Bool = false, sequence: Int64 = 0, _ cells: [Cell]
  ) -> [UInt8] {
    var texts: [UnsafeMutableRawPointer] = []
    defer { for text in texts { text.deallocate() } }
    var kinds: [UInt8] = []
    var bits: [UInt64] = []
    for cell in cells {
      switch cell {
      case .missing: (kinds, bits) = (kinds + [0], bits + [0xDEAD])
      case .integer(let number): (kinds, bits) = (kinds + [1], bits + [UInt64(bitPattern: number)])
      case .double(let pattern): (kinds, bits) = (kinds + [2], bits + [pattern])
      case .text(let text):
        // Exactly as large as needed, and at an odd address.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 5 + text.utf8.count, alignment: 8)
        (memory + 1).storeBytes(of: UInt32(text.utf8.count), as: UInt32.self)
        (memory + 5).copyMemory(from: Array(text.utf8), byteCount: text.utf8.count)
        texts.append(memory)
        (kinds, bits) = (kinds + [3], bits + [UInt64(UInt(bitPattern: memory + 1))])
      case .boolean(let flag): (kinds, bits) = (kinds + [4], bits + [flag ? 1 : 0])
      }
    }
    return Array(
      encoder.encode(
        key: key, keyLength: key.count, windowStart: start, windowEnd: end, revision: revision, final: final, retracted: retracted,
        sequence: sequence, cellKinds: kinds, cellBits: bits))
  }

  private func json(_ cell: Cell) -> JSONValue {
    switch cell {
    case .missing: .null
    case .integer(let number): .integer(number)
    case .double(let pattern): Double(bitPattern: pattern).isFinite ? .double(Double(bitPattern: pattern)) : .null
    case .text(let text): .string(text)
    case .boolean(let flag): .bool(flag)
    }
  }

  @Test("a result is one flat object with its members in order")
  func text() {
    let encoder = ResultEncoder(memberNames: ["count", "avg", "min \"x\"", "none"])
    let bytes = encode(encoder, key: Array("model:a".utf8), start: -60_000, end: 0, revision: 3, [.integer(7), .real(2.5), .real(5), .missing])
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"key":"model:a","window_start":-60000,"window_end":0,"revision":3,"count":7,"avg":2.5,"min \"x\"":5.0,"none":null}"#)
    let empty = ResultEncoder(memberNames: [])
    #expect(
      String(decoding: encode(empty, key: [], []), as: UTF8.self) == #"{"key":"","window_start":0,"window_end":60000,"revision":1}"#)
    let noKey = empty.encode(
      key: nil, keyLength: 0, windowStart: 1, windowEnd: 2, revision: 1, cellKinds: [UInt8](), cellBits: [UInt64]())
    #expect(String(decoding: noKey, as: UTF8.self) == #"{"key":"","window_start":1,"window_end":2,"revision":1}"#)
  }

  @Test(
    "final is written if the encoder was made to, retracted and seq where they say something",
    arguments: [
      (false, true, false, Int64(0), ""), (false, false, false, 0, #","final":false"#), (true, true, false, 0, #","final":true"#),
      (true, false, false, 0, #","final":false"#), (false, true, true, 0, #","retracted":true"#),
      (true, true, true, 0, #","final":true,"retracted":true"#), (false, true, false, 7, #","seq":7"#),
      (true, false, true, Int64.max, #","final":false,"retracted":true,"seq":9223372036854775807"#),
    ])
  func optionalMembers(writesFinal: Bool, final: Bool, retracted: Bool, sequence: Int64, text: String) {
    let encoder = ResultEncoder(memberNames: ["n"], writesFinal: writesFinal)
    let bytes = encode(encoder, key: Array("k".utf8), revision: 2, final: final, retracted: retracted, sequence: sequence, [.integer(1)])
    #expect(String(decoding: bytes, as: UTF8.self) == #"{"key":"k","window_start":0,"window_end":60000,"revision":2\#(text),"n":1}"#)
  }

  @Test("texts are escaped and in quotes, booleans are words")
  func textsAndBooleans() {
    let encoder = ResultEncoder(memberNames: ["a", "b", "c", "d"])
    let bytes = encode(encoder, key: [], [.text("é\"\\\n\u{1}🎉"), .boolean(true), .text(""), .boolean(false)])
    #expect(String(decoding: bytes, as: UTF8.self).hasSuffix(#""revision":1,"a":"é\"\\\n\u0001🎉","b":true,"c":"","d":false}"#))
  }

  @Test("the largest result that there can be fits: every integer, key and text at its longest and all of it escaped")
  func largest() throws {
    let encoder = ResultEncoder(memberNames: (0..<50).map { "member\($0)" }, writesFinal: true)
    let control = String(repeating: "\u{1}", count: 4_096)
    let cells = (0..<50).map { $0 % 2 == 0 ? Cell.text(control) : .real(-2.2250738585072014e-308) }
    let bytes = encode(
      encoder, key: Array(control.utf8), start: .min, end: .min, revision: .min, final: false, retracted: true, sequence: .min, cells)
    let value = try JSONValue.parse(bytes)
    #expect(value["key"]?.stringValue == control && value["seq"]?.integerValue == .min)
    #expect((0..<50).allSatisfy { value["member\($0)"] == json(cells[$0]) })
  }

  @Test(
    "doubles are written short and as JSON",
    arguments: [
      (5.0, "5.0"), (-0.0, "-0.0"), (0.0, "0.0"), (0.1, "0.1"), (1e22, "1e+22"), (1e16, "1e+16"), (123_456_789.0, "123456789.0"),
      (9_007_199_254_740_993.0, "9007199254740992.0"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1.5e300, "1.5e+300"), (-2.25, "-2.25"),
      (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (.leastNonzeroMagnitude, "5e-324"), (100_000.0, "100000.0"),
      (.nan, "null"), (.infinity, "null"), (-.infinity, "null"),
    ])
  func doubles(number: Double, text: String) {
    let bytes = encode(ResultEncoder(memberNames: ["d"]), key: [], [.real(number)])
    #expect(String(decoding: bytes, as: UTF8.self).hasSuffix(",\"d\":\(text)}"))
  }

  @Test("2,000 random results read back equal, with keys of any characters, by our parser and by Foundation's")
  func roundTrip() throws {
    var random = SeededGenerator(seed: 9)
    let names = ["count", "sum", "größe", "a\\b", "tab\t"]
    let encoder = ResultEncoder(memberNames: names)
    for _ in 0..<2_000 {
      let scalars = (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random))
      }
      var key = ""
      key.unicodeScalars.append(contentsOf: scalars)
      let cells = names.map { _ -> Cell in
        switch Int.random(in: 0..<5, using: &random) {
        case 0: .missing
        case 1: .integer(Int64(bitPattern: random.next()))
        case 2: .text(key + "\(random.next())")
        case 3: .boolean(Bool.random(using: &random))
        default: .double(random.next())
        }
      }
      let start = Int64(bitPattern: random.next())
      let end = Int64(bitPattern: random.next())
      let bytes = encode(encoder, key: Array(key.utf8), start: start, end: end, revision: 12, cells)
      let value = try JSONValue.parse(bytes)
      var members: [JSONValue.Member] = [
        .init("key", .string(key)), .init("window_start", .integer(start)), .init("window_end", .integer(end)), .init("revision", 12),
      ]
      for (name, cell) in zip(names, cells) { members.append(.init(name, json(cell))) }
      #expect(value == .object(members))
      let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
      #expect(object["key"] as? String == key)
      #expect(object.count == members.count)
    }
  }

  @Test("the buffer grows to a key of a MiB and serves small results after it")
  func growth() throws {
    let encoder = ResultEncoder(memberNames: ["n"])
    let key = [UInt8](repeating: 1, count: 1 << 20)
    let large = encode(encoder, key: key, [.integer(1)])
    #expect(try JSONValue.parse(large)["key"]?.stringValue?.utf8.count == 1 << 20)
    #expect(String(decoding: encode(encoder, key: Array("k".utf8), [.missing]), as: UTF8.self).hasSuffix("\"n\":null}"))
  }
}
