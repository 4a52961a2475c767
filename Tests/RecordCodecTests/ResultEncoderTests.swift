import Foundation
import RecordCodec
import Testing

@Suite struct ResultEncoderTests {
  private func encode(_ encoder: ResultEncoder, key: [UInt8], start: Int64 = 0, end: Int64 = 60_000, revision: Int64 = 1, _ cells: [Cell]) -> [UInt8] {
    let kinds = cells.map { cell -> UInt8 in
      switch cell {
      case .missing: 0
      case .integer: 1
      case .double: 2
      }
    }
    let bits = cells.map { cell -> UInt64 in
      switch cell {
      case .missing: 0xDEAD
      case .integer(let number): UInt64(bitPattern: number)
      case .double(let pattern): pattern
      }
    }
    return Array(
      encoder.encode(
        key: key, keyLength: key.count, windowStart: start, windowEnd: end, revision: revision, cellKinds: kinds, cellBits: bits))
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
        switch Int.random(in: 0..<3, using: &random) {
        case 0: .missing
        case 1: .integer(Int64(bitPattern: random.next()))
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
      for (name, cell) in zip(names, cells) {
        let expected: JSONValue =
          switch cell {
          case .missing: .null
          case .integer(let number): .integer(number)
          case .double(let pattern): Double(bitPattern: pattern).isFinite ? .double(Double(bitPattern: pattern)) : .null
          }
        members.append(.init(name, expected))
      }
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
