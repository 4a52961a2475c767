import RecordCodec
import Testing

@Suite struct FormatTests {
  private func bytes(_ prefix: [UInt8], _ text: String) -> Input { Input(value: prefix + Array(text.utf8)) }

  @Test("a Schema Registry's prefix in front of a JSON record is passed over, whatever the schema's number")
  func prefix() {
    let harness = DecodeHarness(.common)
    let record = #"{"ts":5,"id":"x","a":1}"#
    for id: [UInt8] in [[0, 0, 0, 1], [0, 0, 0, 10], [0xFF, 0xFF, 0xFF, 0xFF], Array("{{{{".utf8), Array("\"\\\"\\".utf8)] {
      #expect(harness.decode(bytes([0] + id, record)) == harness.decode(Input(record)))
      #expect(harness.decode(bytes([0] + id, " \n" + record + " ")) == harness.decode(Input(record)))
      #expect(harness.decode(bytes([0] + id, "")).failure == .empty)
      #expect(harness.decode(bytes([0] + id, "{")).failure == .notJSON)
      #expect(harness.decode(bytes([0] + id, "\0" + record)).failure == .notJSON)
      #expect(harness.decode(Input(value: [0] + id + [0xFF])).failure == .notUTF8)
    }
  }

  @Test("less than a prefix, or another first byte, is no prefix")
  func noPrefix() {
    let harness = DecodeHarness(.common)
    for count in 1...4 { #expect(harness.decode(Input(value: Array(repeating: 0, count: count))).failure == .notJSON) }
    #expect(harness.decode(bytes([1, 0, 0, 0, 1], #"{"ts":5,"id":"x"}"#)).failure == .notJSON)
  }

  @Test("a record of the largest size may have a prefix on top")
  func largest() {
    let frame = #"{"ts":5,"id":"x","pad":""}"#.utf8.count
    for (size, failure) in [(RecordDecoder.maxRecordBytes, nil), (RecordDecoder.maxRecordBytes + 1, DecodeFailure.notJSON)] {
      let record = #"{"ts":5,"id":"x","pad":""# + String(repeating: "p", count: size - frame) + "\"}"
      #expect(decodeRecord(.common, bytes([0, 0, 0, 0, 1], record)).failure == failure)
    }
  }

  private func decodeRecord(_ configuration: RecordDecoderConfiguration, _ input: Input) -> Decoded {
    DecodeHarness(configuration).decode(input)
  }

  @Test("a line of JSON Lines is JSON without a prefix: the splitter has passed over the record's")
  func jsonLines() {
    var configuration = RecordDecoderConfiguration.common
    configuration.format = .jsonLines
    let record = #"{"ts":5,"id":"x","a":1}"#
    #expect(decodeRecord(configuration, Input(record)) == decodeRecord(.common, Input(record)))
    #expect(decodeRecord(configuration, Input(record + "\r")) == decodeRecord(.common, Input(record)))
    #expect(decodeRecord(configuration, bytes([0, 0, 0, 0, 1], record)).failure == .notJSON)
    #expect(decodeRecord(configuration, Input(value: nil)).failure == .tombstone)
    #expect(decodeRecord(configuration, Input(value: [])).failure == .empty)
  }

  @Test("raw values are not looked at: tombstones, nothing and rubbish are all good")
  func raw() {
    var configuration = RecordDecoderConfiguration(timestamp: .kafka, key: .kafka, fields: [FieldColumn(FieldPath(""), .always)])
    configuration.format = .raw
    let harness = DecodeHarness(configuration)
    for value: [UInt8]? in [nil, [], [0xFF, 0xFE], Array("{".utf8), [0], [0, 1, 2, 3, 4]] {
      let decoded = harness.decode(Input(value: value, key: Array("key".utf8), timestamp: 77))
      #expect(decoded == Decoded(failure: nil, timestamp: 77, key: Array("key".utf8), cells: [.integer(1)]))
    }
    #expect(harness.decode(Input(value: [], key: nil)).failure == .missingKey)
    #expect(harness.decode(Input(value: [], key: [0xFF])).failure == .badKey)
    #expect(harness.decode(Input(value: [], timestamp: -1)).failure == .missingTimestamp)
    #expect(harness.decode(Input(value: [], timestamp: 78), latest: 77).failure == .timestampInFuture)
  }

  @Test("paths find nothing in raw values")
  func rawPaths() {
    var configuration = RecordDecoderConfiguration.columns(["a"], .scalar)
    configuration.format = .raw
    configuration.fields.append(FieldColumn(FieldPath(""), .always, condition: .exists(FieldPath("a"))))
    let record = #"{"a":1,"ts":5,"id":"x"}"#
    #expect(decodeRecord(configuration, Input(record)).cells == [.missing, .missing])
    configuration.filter = .exists(FieldPath("a"))
    #expect(decodeRecord(configuration, Input(record)).isFiltered)
    configuration.filter = .not(.exists(FieldPath("a")))
    #expect(!decodeRecord(configuration, Input(record)).isFiltered)
    var common = RecordDecoderConfiguration.common
    common.format = .raw
    #expect(decodeRecord(common, Input(record)).failure == .missingTimestamp)
    common.timestamp = .kafka
    #expect(decodeRecord(common, Input(record)).failure == .missingKey)
  }

  @Test("no record carries a watermark; where they are asked for, each has none")
  func watermarks() {
    let batch = BatchArrays((0..<3).map { _ in Input("{}") }, fieldCount: 0)
    var columns = batch.columns
    var watermarks = [Int64](repeating: 7, count: 4)
    watermarks.withUnsafeMutableBufferPointer {
      columns.watermarks = $0.baseAddress
      RecordDecoder(.columns([])).decode(columns, latestTimestamp: .max)
    }
    #expect(watermarks == [.min, .min, .min, 7])
    withExtendedLifetime(batch) {}
  }
}
