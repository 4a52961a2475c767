import RecordCodec
import Testing

/// Scalar and always columns, and conditions of columns.
@Suite struct ColumnTests {
  private func scalar(_ value: String) -> Decoded { decodeOne(.columns(["x"], .scalar), "{\"x\":\(value)}") }

  @Test(
    "scalar columns take numbers, texts and booleans as they are",
    arguments: [
      ("1", Cell.integer(1)), ("-0", .integer(0)), ("2.5", .real(2.5)), ("1.0", .real(1)), ("9223372036854775808", .real(0x1p63)),
      ("true", .boolean(true)), ("false", .boolean(false)), ("null", .missing), (#""""#, .text("")), (#""text""#, .text("text")),
      (#""1""#, .text("1")), (#""true""#, .text("true")), (#""é日🎉""#, .text("é日🎉")), (#""a\n\"\\\/\u00e9\ud83c\udf89""#, .text("a\n\"\\/é🎉")),
      (#""\u0000""#, .text("\0")),
    ])
  func scalars(value: String, cell: Cell) {
    #expect(scalar(value).cells == [cell])
    #expect(scalar(value).failure == nil)
  }

  @Test(
    "what is no scalar, no UTF-8 or beyond double is a fault",
    arguments: [
      ("{}", DecodeFailure.badField), ("[1]", .badField), (#""\ud800""#, .badField), (#""a\udc00b""#, .badField),
      (#""\ud800\u0061""#, .badField), ("1e400", .numberOutOfRange), ("-1e400", .numberOutOfRange),
    ])
  func faults(value: String, failure: DecodeFailure) {
    #expect(scalar(value) == Decoded(failure: failure, timestamp: 0, key: nil, cells: [.missing]))
  }

  @Test("a text of 4,096 bytes fits, one byte more does not, counted without escapes")
  func longTexts() {
    #expect(FieldColumn.maxTextBytes == 4_096)
    for (letter, text) in [("a", "a"), (#"\u0061"#, "a"), ("é", "é"), (#"\u00e9"#, "é"), (#"\ud83c\udf89"#, "🎉")] {
      let count = 4_096 / text.utf8.count
      let full = String(repeating: letter, count: count)
      #expect(scalar("\"\(full)\"").cells == [.text(String(repeating: text, count: count))])
      #expect(scalar("\"\(full)x\"").failure == .badField)
    }
  }

  @Test("texts of a batch stay whole while the memory for them grows, in every column and beside keys and bad records")
  func manyTexts() {
    let configuration = RecordDecoderConfiguration(
      timestamp: .kafka, key: .fields([FieldPath("k")], .plain),
      fields: [FieldColumn(FieldPath("a"), .scalar), FieldColumn(FieldPath("n")), FieldColumn(FieldPath("b"), .scalar)])
    let harness = DecodeHarness(configuration)
    for round in 0..<3 {
      let texts = (0..<3_000).map { String(repeating: "t\($0)-", count: ($0 + round) % 40) }
      // Each fifth has a fault behind its first text.
      let decoded = harness.decode(
        texts.enumerated().map { Input("{\"a\":\"\($1)\",\"n\":\($0 % 5 == 0 ? "[]" : "1"),\"k\":\"key\($0)\",\"b\":\"b\\u0062\($1)\"}") })
      for (index, text) in texts.enumerated() {
        guard index % 5 != 0 else {
          #expect(decoded[index] == Decoded(failure: .badField, timestamp: 0, key: nil, cells: [.missing, .missing, .missing]))
          continue
        }
        #expect(decoded[index].keyText == "key\(index)")
        #expect(decoded[index].cells == [.text(text), .integer(1), .text("bb" + text)])
      }
    }
  }

  @Test("the same field as number, presence and scalar")
  func sameField() {
    let configuration = RecordDecoderConfiguration(
      timestamp: .kafka, key: .fields([FieldPath("x")], .plain),
      fields: [FieldColumn(FieldPath("x"), .scalar), FieldColumn(FieldPath("x"), .presence), FieldColumn(FieldPath("x"), .scalar)])
    let decoded = decodeOne(configuration, #"{"x":"a\tb"}"#)
    #expect(decoded.cells == [.text("a\tb"), .integer(1), .text("a\tb")])
    #expect(decoded.keyText == "a\tb")
  }

  @Test("an always column is 1 for every record, and looks at no field")
  func always() {
    #expect(decodeOne(.columns([""], .always), "{}").cells == [.integer(1)])
    #expect(decodeOne(.columns([""], .always), #"{"":[1]}"#).cells == [.integer(1)])
  }

  @Test("where its condition fails a column does not look at its field: missing, and no fault")
  func conditions() {
    let condition = RecordFilter.compare(FieldPath("status"), .greaterOrEqual, .integer(500))
    let configuration = RecordDecoderConfiguration(
      timestamp: .kafka, key: .kafka,
      fields: [
        FieldColumn(FieldPath("x"), condition: condition), FieldColumn(FieldPath("x"), .presence, condition: condition),
        FieldColumn(FieldPath("x"), .scalar, condition: condition), FieldColumn(FieldPath(""), .always, condition: condition),
        FieldColumn(FieldPath("y")), FieldColumn(FieldPath("y"), condition: .not(condition)),
      ])
    let harness = DecodeHarness(configuration)
    func cells(_ record: String) -> [Cell]? {
      let decoded = harness.decode(Input(record))
      return decoded.failure == nil ? decoded.cells : nil
    }
    #expect(cells(#"{"status":500,"x":7,"y":1}"#) == [.integer(7), .integer(1), .integer(7), .integer(1), .integer(1), .missing])
    #expect(cells(#"{"status":499,"x":7,"y":1}"#) == [.missing, .missing, .missing, .missing, .integer(1), .integer(1)])
    #expect(cells(#"{"x":[],"y":1}"#) == [.missing, .missing, .missing, .missing, .integer(1), .integer(1)])
    #expect(cells(#"{"status":"500","x":1e400}"#) == [.missing, .missing, .missing, .missing, .missing, .missing])
    #expect(cells(#"{"status":500}"#) == [.missing, .missing, .missing, .integer(1), .missing, .missing])
    #expect(cells(#"{"status":500,"x":[]}"#) == nil)
    #expect(cells(#"{"status":500,"x":"text"}"#) == nil)
  }

  @Test("filter and conditions together: a record that is left out has no cells, another one those of its conditions")
  func filterAndConditions() {
    var configuration = RecordDecoderConfiguration(
      timestamp: .kafka, key: .kafka,
      fields: [FieldColumn(FieldPath(""), .always, condition: .compare(FieldPath("n"), .less, .integer(0))), FieldColumn(FieldPath(""), .always)])
    configuration.filter = .exists(FieldPath("n"))
    let decoded = DecodeHarness(configuration).decode([#"{"n":-1}"#, #"{"n":1}"#, "{}"].map { Input($0) })
    #expect(decoded.map(\.cells) == [[.integer(1), .integer(1)], [.missing, .integer(1)], [.missing, .missing]])
    #expect(decoded.map(\.isFiltered) == [false, false, true])
  }
}
