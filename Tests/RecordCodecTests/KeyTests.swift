import RecordCodec
import Testing

@Suite struct KeyTests {
  @Test(
    "one plain field is the key as it is",
    arguments: [
      (#"{"id":"abc"}"#, "abc"), (#"{"id":""}"#, ""), (#"{"id":"a|b,c:d\\e"}"#, #"a|b,c:d\e"#), (#"{"id":12}"#, "12"),
      (#"{"id":-0.50}"#, "-0.50"), (#"{"id":1e400}"#, "1e400"), (#"{"id":1E+2 }"#, "1E+2"), (#"{"id":true}"#, "true"),
      (#"{"id":false}"#, "false"), (#"{"id":"\u0061\n\"\/\\\b\f\r\t"}"#, "a\n\"/\\\u{8}\u{C}\r\t"),
      (#"{"id":"\ud83c\udf89 é \u00e9 \u20AC"}"#, "🎉 é é €"), (#"{"id":"\u0000"}"#, "\0"),
      (#"{"id":12345678901234567890123}"#, "12345678901234567890123"),
    ])
  func plain(text: String, key: String) {
    let decoded = decodeOne(.key(["id"]), text)
    #expect(decoded.failure == nil)
    #expect(decoded.keyText == key)
  }

  @Test(
    "renderings put their word in front and join several values",
    arguments: [
      (KeyRendering.session, ["a"], "session:x"), (.model, ["a"], "model:x"), (.user, ["a"], "user:x"),
      (.plain, ["a", "n"], "x|7"), (.plain, ["n", "a", "t"], "7|x|true"), (.model, ["a", "n"], "model:x|7"),
      (.plain, ["s"], #"p|q,r:s\t"#), (.session, ["s"], #"session:p|q,r:s\t"#),
      (.plain, ["s", "a"], #"p\|q\,r\:s\\t|x"#), (.plain, ["e", "e"], "|"), (.plain, ["a", "a"], "x|x"),
      (.composite, ["a"], "composite:a:x"), (.composite, ["n", "a"], "composite:a:x,n:7"),
      (.composite, ["s", "a", "deep.er"], #"composite:a:x,deep.er:y,s:p\|q\,r\:s\\t"#), (.composite, ["e"], "composite:e:"),
    ])
  func renderings(rendering: KeyRendering, fields: [String], key: String) {
    let record = #"{"a":"x","n":7,"t":true,"s":"p|q,r:s\\t","e":"","deep":{"er":"y"}}"#
    let decoded = decodeOne(.key(fields, rendering), record)
    #expect(decoded.failure == nil)
    #expect(decoded.keyText == key)
  }

  @Test("different values never join to the same key")
  func injective() {
    let harness = DecodeHarness(.key(["a", "b"]))
    let pieces = ["", "|", "\\", "\\|", "|\\", "x", "x|", "|x", "\\\\"]
    var seen: [String: [String]] = [:]
    for first in pieces {
      for second in pieces {
        let record = JSONValue.object([.init("a", .string(first)), .init("b", .string(second))]).serialized()
        let key = harness.decode(Input(value: record)).keyText ?? "failed"
        #expect(seen.updateValue([first, second], forKey: key) == nil, "\(first) and \(second) give \(key)")
      }
    }
  }

  @Test("of several key fields a missing one is told before a bad one")
  func severalFaults() {
    #expect(decodeOne(.key(["a", "b"]), #"{"a":[]}"#).failure == .missingKey)
    #expect(decodeOne(.key(["a", "b"]), #"{"a":[],"b":1}"#).failure == .badKey)
    #expect(decodeOne(.key(["a", "b"]), #"{"a":"\udc00","b":1}"#).failure == .badKey)
  }

  @Test("the Kafka record key is the key as it is, must be there and must be UTF-8")
  func kafkaKey() {
    let harness = DecodeHarness(.columns([]))
    let value = Array("{}".utf8)
    #expect(harness.decode(Input(value: value, key: Array("a|b\\ \"é".utf8))).keyText == "a|b\\ \"é")
    #expect(harness.decode(Input(value: value, key: [])).key == [])
    #expect(harness.decode(Input(value: value, key: nil)).failure == .missingKey)
    #expect(harness.decode(Input(value: value, key: [0x61, 0xFF])).failure == .badKey)
    #expect(harness.decode(Input(value: value, key: Array(repeating: 0x61, count: RecordDecoder.maxKeyBytes))).failure == nil)
    #expect(harness.decode(Input(value: value, key: Array(repeating: 0x61, count: RecordDecoder.maxKeyBytes + 1))).failure == .badKey)
  }

  @Test("a payload key may be a MiB long and not a byte more")
  func longKeys() {
    for (letter, raw) in [("a", 1), (#"\u0061"#, 6)] {
      let harness = DecodeHarness(.key(["id"]))
      let limit = String(repeating: letter, count: RecordDecoder.maxKeyBytes)
      #expect(limit.utf8.count == raw * RecordDecoder.maxKeyBytes)
      let decoded = harness.decode([Input("{\"id\":\"\(limit)\"}"), Input("{\"id\":\"\(limit)\(letter)\"}"), Input("{\"id\":\"z\"}")])
      #expect(decoded.map(\.failure) == [nil, .badKey, nil])
      #expect(decoded[0].key == Array(repeating: UInt8(ascii: "a"), count: RecordDecoder.maxKeyBytes))
      #expect(decoded[2].keyText == "z")
    }
    let separators = String(repeating: "|", count: RecordDecoder.maxKeyBytes / 2)
    #expect(decodeOne(.key(["a", "b"]), "{\"a\":\"\(separators)\",\"b\":1}").failure == .badKey)
  }

  @Test("all keys of a batch stay whole while the memory for them grows")
  func manyKeys() {
    let harness = DecodeHarness(.key(["id"]))
    for _ in 0..<3 {
      let keys = (0..<3_000).map { String(repeating: "k\($0)-", count: $0 % 20 + 1) }
      let decoded = harness.decode(keys.map { Input("{\"id\":\"\($0)\"}") })
      #expect(decoded.map(\.keyText) == keys)
    }
  }

  @Test("a key that comes twice in a record is rendered once")
  func duplicates() {
    let decoded = decodeOne(.key(["id"]), #"{"id":"first","id":"second"}"#)
    #expect(decoded.keyText == "first" || decoded.keyText == "second")
  }
}
