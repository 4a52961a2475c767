import RecordCodec
import Testing

@Suite struct DecodeFailureTests {
  static let good = #"{"ts":5,"id":"x","a":1,"b":2.5}"#

  @Test("a good record gives its time, key and numbers")
  func goodRecord() {
    let decoded = decodeOne(.common, Self.good)
    #expect(decoded == Decoded(failure: nil, timestamp: 5, key: Array("x".utf8), cells: [.integer(1), .real(2.5)]))
  }

  @Test("the names of the reasons are those of the design, in its order of precedence")
  func names() {
    #expect(
      DecodeFailure.allCases.map(\.reason) == [
        "tombstone", "empty", "not_utf8", "not_json", "not_csv", "too_deep", "missing_timestamp", "bad_timestamp",
        "timestamp_in_future", "missing_key", "bad_key", "bad_field", "number_out_of_range",
      ])
    #expect(DecodeFailure.allCases.map(\.rawValue) == Array(1...13))
  }

  @Test("a tombstone and an empty value have reasons of their own")
  func nothing() {
    let harness = DecodeHarness(.common)
    #expect(harness.decode(Input(value: nil)).failure == .tombstone)
    #expect(harness.decode(Input(value: [])).failure == .empty)
  }

  @Test(
    "text that is not one JSON object and nothing else is not_json",
    arguments: [
      " ", "\n", "null", "true", "5", "\"x\"", "[]", "[{}]", "{", "}", "{]", "[}", "{}{}", "{} {}", "{}x", "{},", "{}]", "{}}",
      "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{,\"a\":1}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}", "{a:1}", "{'a':1}",
      "{\"a\" 1}", "{\"a\"::1}", "{\"a\":1,,\"b\":2}", "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[1}", "{\"a\":{]}",
      "{\"a\":[1}]}", "{\"a\":[}", "{\"a\":{\"b\"}}", "{\"a\":{1}}", "{\"a\":[\"x\":1]}",
      "{\"z\":tru}", "{\"z\":truee}", "{\"z\":True}", "{\"z\":nul}", "{\"z\":nullx}", "{\"z\":falsey}", "{\"z\":undefined}",
      "{\"z\":01}", "{\"z\":-01}", "{\"z\":+1}", "{\"z\":.5}", "{\"z\":1.}", "{\"z\":-}", "{\"z\":1e}", "{\"z\":1e+}",
      "{\"z\":1.e5}", "{\"z\":0x10}", "{\"z\":1_000}", "{\"z\":NaN}", "{\"z\":Infinity}", "{\"z\":-Infinity}", "{\"z\":1a}",
      "{\"a\":01}", "{\"a\":1.}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":12abc}", "{\"a\":--1}", "{\"a\":tru}",
      "{\"z\":1\"abc\"}", "{\"z\":\"abc\"1}", "{\"z\":\"a\"\"b\"}", "{\"z\":\"abc}", "{\"z\":\"abc\\\"}", "{\"z\":\"\\\"}",
      "{\"z\":\"\\x\"}", "{\"z\":\"\\u12g4\"}", "{\"z\":\"\\u12\"}", "{\"z\":\"\\", "{\\\"z\":1}", "{\"z\":\\n}", "{\"a\":\"\\q\"}",
      "{\"\\x\":1}", "{\"z\":\"tab\there\"}", "{\"z\":\"line\nbreak\"}", "{\"z\":\"nul\0\"}", "{\"z\":1}\0", "\0{\"z\":1}",
      "{\"z\":1\u{0C}}", "{\"z\"\u{1A}1}", "{\"z\":1}\u{0C}", "{\"z\":1\u{A0}}", "\u{FEFF}{\"z\":1}", "{\"z\":1} // no", "{/**/}",
      "{\"ts\":5,\"id\":\"x\",\"a\":1,\"b\":2} trailing", "{\"ts\":5,\"id\":\"x\",\"a\":1,\"b\":2,\"z\":[1,2}",
      "{\"ts\":5,\"id\":\"x\",\"a\":1,\"b\":2,\"z\":{\"y\":[}]}",
    ])
  func notJSON(text: String) {
    #expect(decodeOne(.common, text).failure == .notJSON)
  }

  @Test(
    "white space around and between is no fault",
    arguments: [
      " {\"ts\":5,\"id\":\"x\"}", "{\"ts\":5,\"id\":\"x\"}\r\n\t ", "{ \"ts\" : 5 ,\n \"id\" :\t\"x\" }\n",
      "\r\n{\"ts\"\n:\n5\n,\"id\"\r:\r\"x\"\n}",
    ])
  func whiteSpace(text: String) {
    let decoded = decodeOne(.common, text)
    #expect(decoded.failure == nil)
    #expect(decoded.timestamp == 5)
    #expect(decoded.keyText == "x")
  }

  @Test("bytes that are not UTF-8 are not_utf8 wherever they stand, also in a damaged record")
  func notUTF8() {
    let harness = DecodeHarness(.common)
    let bad: [[UInt8]] = [[0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80]]
    for bytes in bad {
      let prefix = Array(#"{"ts":5,"id":"x","#.utf8)
      let records: [[UInt8]] = [
        prefix + Array(#""unused":""#.utf8) + bytes + Array("\"}".utf8),
        prefix + Array("\"".utf8) + bytes + Array("\":1}".utf8),
        prefix + Array(#""a":1}"#.utf8) + bytes,
        bytes,
        Array("{\"z\":\"".utf8) + bytes,  // and not closed
        prefix + bytes + Array(":1}".utf8),
      ]
      for record in records { #expect(harness.decode(Input(value: record)).failure == .notUTF8, "\(record)") }
    }
    #expect(decodeOne(.common, #"{"ts":5,"id":"日本語 🎉","z":"é"}"#).keyText == "日本語 🎉")
  }

  @Test(
    "faults of time, key and fields have their reasons",
    arguments: [
      (#"{"id":"x"}"#, DecodeFailure.missingTimestamp),
      (#"{"ts":null,"id":"x"}"#, .missingTimestamp),
      (#"{"ts":"5","id":"x"}"#, .badTimestamp),
      (#"{"ts":true,"id":"x"}"#, .badTimestamp),
      (#"{"ts":{},"id":"x"}"#, .badTimestamp),
      (#"{"ts":[5],"id":"x"}"#, .badTimestamp),
      (#"{"ts":1e400,"id":"x"}"#, .badTimestamp),
      (#"{"ts":9223372036854775808,"id":"x"}"#, .badTimestamp),
      (#"{"ts":1001,"id":"x"}"#, .timestampInFuture),
      (#"{"ts":253402300799999,"id":"x"}"#, .timestampInFuture),
      (#"{"ts":5}"#, .missingKey),
      (#"{"ts":5,"id":null}"#, .missingKey),
      (#"{"ts":5,"id":[]}"#, .badKey),
      (#"{"ts":5,"id":{"a":1}}"#, .badKey),
      (#"{"ts":5,"id":"\ud800"}"#, .badKey),
      (#"{"ts":5,"id":"x","a":"1"}"#, .badField),
      (#"{"ts":5,"id":"x","a":true}"#, .badField),
      (#"{"ts":5,"id":"x","a":{}}"#, .badField),
      (#"{"ts":5,"id":"x","b":[1]}"#, .badField),
      (#"{"ts":5,"id":"x","a":1e400}"#, .numberOutOfRange),
      (#"{"ts":5,"id":"x","a":-1e309}"#, .numberOutOfRange),
    ])
  func oneFault(text: String, failure: DecodeFailure) {
    let decoded = decodeOne(.common, text, latest: 1_000)
    #expect(decoded == Decoded(failure: failure, timestamp: 0, key: nil, cells: [.missing, .missing]))
  }

  @Test(
    "of several faults the first of document, timestamp, key, fields is reported",
    arguments: [
      (#"{"ts":"x","a":"x","#, DecodeFailure.notJSON),
      (#"{"a":"x"}"#, .missingTimestamp),
      (#"{"a":"x","ts":[],"id":[]}"#, .badTimestamp),
      (#"{"a":"x","ts":2000,"id":[]}"#, .timestampInFuture),
      (#"{"a":"x","ts":5,"id":null}"#, .missingKey),
      (#"{"a":"x","ts":5,"id":[]}"#, .badKey),
      (#"{"a":1e400,"b":"x","ts":5,"id":"x"}"#, .badField),
      (#"{"b":1e400,"a":"x","ts":5,"id":"x"}"#, .badField),
    ])
  func precedence(text: String, failure: DecodeFailure) {
    #expect(decodeOne(.common, text, latest: 1_000).failure == failure)
  }

  @Test("a timestamp equal to the latest one allowed is good")
  func latest() {
    #expect(decodeOne(.common, #"{"ts":1000,"id":"x"}"#, latest: 1_000).failure == nil)
  }

  @Test("a Kafka timestamp of -1 is missing, any other counts, and the document is checked all the same")
  func kafkaTimestamp() {
    let harness = DecodeHarness(.columns([]))
    #expect(harness.decode(Input(value: Array("{}".utf8), timestamp: -1)).failure == .missingTimestamp)
    #expect(harness.decode(Input(value: Array("{}".utf8), timestamp: -2)).timestamp == -2)
    #expect(harness.decode(Input(value: Array("{}".utf8), timestamp: 7)).timestamp == 7)
    #expect(harness.decode(Input(value: Array("{}".utf8), timestamp: 7), latest: 6).failure == .timestampInFuture)
    #expect(harness.decode(Input(value: Array("{".utf8), timestamp: 7)).failure == .notJSON)
  }

  @Test("one bad record between good ones does not touch them")
  func neighbours() {
    let harness = DecodeHarness(.common)
    let texts: [[UInt8]?] = [
      Array(Self.good.utf8), nil, Array(Self.good.utf8), Array("{\"ts\":5,\"id\":\"unclosed".utf8), Array(Self.good.utf8), [],
      Array(#"{"ts":6,"id":"","a":9}"#.utf8),
    ]
    let all = harness.decode(texts.map { Input(value: $0) })
    #expect(all.map(\.failure) == [nil, .tombstone, nil, .notJSON, nil, .empty, nil])
    #expect(all[0] == all[2] && all[2] == all[4])
    #expect(all[6] == Decoded(failure: nil, timestamp: 6, key: [], cells: [.integer(9), .missing]))
  }

  @Test("an empty batch is nothing to do")
  func emptyBatch() {
    #expect(DecodeHarness(.common).decode([]).isEmpty)
  }
}
