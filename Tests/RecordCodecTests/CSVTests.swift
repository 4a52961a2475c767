import RecordCodec
import Testing

@Suite struct CSVTests {
  /// Every column as a scalar; time and key from Kafka.
  static func configuration(_ columns: [String], _ delimiter: Character = ",") -> RecordDecoderConfiguration {
    var configuration = RecordDecoderConfiguration.columns(columns, .scalar)
    configuration.format = .csv(columns: columns, delimiter: delimiter.asciiValue!)
    return configuration
  }

  private func decode(_ line: String, _ count: Int, _ delimiter: Character = ",") -> Decoded {
    decodeOne(Self.configuration((0..<count).map { "c\($0)" }, delimiter), line)
  }

  @Test(
    "a field without quotes is a number by JSON's grammar, true or false, missing if empty, and otherwise text",
    arguments: [
      ("1", Cell.integer(1)), ("-0", .integer(0)), ("-12", .integer(-12)), ("2.5", .real(2.5)), ("1e2", .real(100)), ("1E-2", .real(0.01)),
      ("9223372036854775807", .integer(.max)), ("9223372036854775808", .real(0x1p63)), ("true", .boolean(true)), ("false", .boolean(false)),
      ("", .missing), ("text", .text("text")), (" 1", .text(" 1")), ("1 ", .text("1 ")), ("01", .text("01")), ("+1", .text("+1")),
      (".5", .text(".5")), ("5.", .text("5.")), ("1e", .text("1e")), ("-", .text("-")), ("--1", .text("--1")), ("1.2.3", .text("1.2.3")),
      ("0x10", .text("0x10")), ("1_000", .text("1_000")), ("NaN", .text("NaN")), ("True", .text("True")), ("truex", .text("truex")),
      ("null", .text("null")), (" ", .text(" ")), ("\t", .text("\t")), ("é日🎉", .text("é日🎉")), ("a\\nb", .text("a\\nb")), ("{}", .text("{}")),
      ("2026-01-02", .text("2026-01-02")), ("\0", .text("\0")),
    ])
  func unquoted(field: String, cell: Cell) {
    for line in ["\(field),x", "x,\(field)", "x,\(field)\n", "x,\(field)\r\n"] {
      let decoded = decode(line, 2)
      #expect(decoded.failure == nil)
      #expect(decoded.cells.contains(cell) && decoded.cells.contains(.text("x")))
    }
  }

  @Test(
    "a field in quotes is always text, and holds delimiters, line breaks and doubled quotes",
    arguments: [
      (#""""#, ""), (#""1""#, "1"), (#""true""#, "true"), (#""a,b""#, "a,b"), ("\"a\r\nb\"", "a\r\nb"), ("\"\n\"", "\n"), (#""a""b""#, "a\"b"),
      ("\"\"\"\"", "\""), ("\"\"\"a\"\"\"", "\"a\""), (#"",""#, ","), (#"" 1""#, " 1"), (#""é""#, "é"),
      ("\"\"\",\"\"\"", "\",\""),
    ])
  func quoted(field: String, text: String) {
    for line in ["\(field),1", "1,\(field)", "1,\(field)\n", "1,\(field)\r\n"] {
      let decoded = decode(line, 2)
      #expect(decoded.failure == nil, "\(line)")
      #expect(decoded.cells.contains(.text(text)) && decoded.cells.contains(.integer(1)), "\(line): \(decoded.cells)")
    }
  }

  @Test(
    "what is not one line of so many fields is not_csv",
    arguments: [
      "a", "a,b,c", "a,b,", "a,b\n\n", "a,b\n\r\n", "a,b\r", "a,b\r\r\n", "a\nb,c", "a,b\nc,d", "a,b\nc", "\na,b", "\n", "\r\n",
      "a,b\"", "a\"b,c", " \"a\",b", "\"a\"b,c", "\"a\" ,b", "a,\"b", "a,\"b\n", "a,\"b\"\"", "\"a,b", "a,\"", "\"", "\"\",\"\"\"", "a;b", "a\tb",
    ])
  func notCSV(line: String) {
    #expect(decode(line, 2) == Decoded(failure: .notCSV, timestamp: 0, key: nil, cells: [.missing, .missing]))
  }

  @Test("a line of one column may be empty but for its line break; nothing at all is empty, and no value a tombstone")
  func empty() {
    #expect(decode("\n", 1).cells == [.missing])
    #expect(decode("\r\n", 1).cells == [.missing])
    #expect(decode("\"\"", 1).cells == [.text("")])
    #expect(decode("", 1).failure == .empty)
    #expect(DecodeHarness(Self.configuration(["a"])).decode(Input(value: nil)).failure == .tombstone)
    #expect(decode(",", 2).cells == [.missing, .missing])
    #expect(decode("x", 0).failure == .notCSV)
  }

  @Test("bytes that are not UTF-8 are not_utf8 wherever they stand, also in a damaged line")
  func notUTF8() {
    let harness = DecodeHarness(Self.configuration(["a", "b"]))
    for line: [UInt8] in [[0xFF], [0x61, 0x2C, 0xC3], [0x22, 0xED, 0xA0, 0x80, 0x22, 0x2C], [0x61, 0x0A, 0x0A, 0x80]] {
      #expect(harness.decode(Input(value: line)).failure == .notUTF8)
    }
  }

  @Test("any ASCII delimiter separates, also one that could be part of a number", arguments: [",", ";", "\t", "|", " ", ".", "e", "-", "0"] as [Character])
  func delimiters(delimiter: Character) {
    let line = "1\(delimiter)\"a\(delimiter)b\"\(delimiter)2"
    #expect(decode(line, 3, delimiter).cells == [.integer(1), .text("a\(delimiter)b"), .integer(2)])
    #expect(decode("1\(delimiter)2\(delimiter)3\r\n", 3, delimiter).cells == [.integer(1), .integer(2), .integer(3)])
  }

  @Test("a path is the name of one column, dots and all; other names find nothing")
  func names() {
    var configuration = Self.configuration(["a", "b.c", "größe", "", "a"])
    configuration.fields = ["b.c", "b", "c", "größe", "", "a", "A", "0"].map { FieldColumn(FieldPath($0), .scalar) }
    #expect(
      decodeOne(configuration, "1,2,3,4,5").cells == [
        .integer(2), .missing, .missing, .integer(3), .integer(4), .integer(1), .missing, .missing,
      ])
  }

  @Test("time, key, filter, condition and every kind of column come from a line, wanted in another order than they stand")
  func everything() {
    var configuration = RecordDecoderConfiguration(
      timestamp: .field(FieldPath("at"), .rfc3339), key: .fields([FieldPath("model"), FieldPath("zone")], .composite),
      fields: [
        FieldColumn(FieldPath("ms")), FieldColumn(FieldPath("ms"), .presence), FieldColumn(FieldPath("user"), .scalar),
        FieldColumn(FieldPath("ms"), condition: .compare(FieldPath("ok"), .equal, .boolean(true))), FieldColumn(FieldPath(""), .always),
      ])
    configuration.format = .csv(columns: ["user", "ok", "ms", "unused", "zone", "model", "at"], delimiter: UInt8(ascii: ";"))
    configuration.filter = .compare(FieldPath("zone"), .notEqual, .integer(9))
    let harness = DecodeHarness(configuration)
    let decoded = harness.decode(
      [
        "u1;true;2.5;;1;m:1;1970-01-01T00:00:01Z", "\"7\";false;2;x;1;\"m;2\";1970-01-01T00:00:02Z\r\n", ";true;;;1;m;1970-01-01T00:00:03Z",
        "u1;true;2.5;;9;m;1970-01-01T00:00:04Z", "u1;true;2.5;;1;;1970-01-01T00:00:04Z", "u1;true;2.5;;1;m;1970", "u1;true;2.5;;1;m;",
        "u1;true;x;;1;m;1970-01-01T00:00:05Z", "u1;true;\"1\";;1;m;1970-01-01T00:00:05Z", "u1;true;1e999;;1;m;1970-01-01T00:00:05Z",
        "u1;false;true;;1;m;1970-01-01T00:00:05Z",
      ].map { Input($0) })
    #expect(
      decoded[0]
        == Decoded(
          failure: nil, timestamp: 1_000, key: Array(#"composite:model:m\:1,zone:1"#.utf8),
          cells: [.real(2.5), .integer(1), .text("u1"), .real(2.5), .integer(1)]))
    #expect(decoded[1].keyText == "composite:model:m;2,zone:1")
    #expect(decoded[1].cells == [.integer(2), .integer(1), .text("7"), .missing, .integer(1)])
    #expect(decoded[2].cells == [.missing, .missing, .missing, .missing, .integer(1)])
    #expect(decoded[3] == Decoded(failure: nil, isFiltered: true, timestamp: 4_000, key: nil, cells: Array(repeating: .missing, count: 5)))
    #expect(decoded[4...].map(\.failure) == [.missingKey, .badTimestamp, .missingTimestamp, .badField, .badField, .numberOutOfRange, .badField])
  }

  @Test("a number of seconds, a fraction with it, is a time; one in quotes is not")
  func numericTime() {
    var configuration = RecordDecoderConfiguration.time(.seconds)
    configuration.format = .csv(columns: ["t", "x"], delimiter: UInt8(ascii: ","))
    #expect(decodeOne(configuration, "1.0015,").timestamp == 1_001)
    #expect(decodeOne(configuration, "\"1.0015\",").failure == .badTimestamp)
  }

  @Test("a line of the largest size decodes, one byte more does not; so does one of many fields")
  func large() {
    for (size, failure) in [(RecordDecoder.maxRecordBytes, DecodeFailure?.none), (RecordDecoder.maxRecordBytes + 1, .notCSV)] {
      let decoded = decode("1," + String(repeating: "1", count: size - 2), 2)
      // So many digits are a number, but not one that fits.
      #expect(decoded.failure == failure ?? .numberOutOfRange)
    }
    let names = (0..<5_000).map { "c\($0)" }
    #expect(decodeOne(Self.configuration(names), names.joined(separator: ",")).cells == names.map { .text($0) })
  }
}
