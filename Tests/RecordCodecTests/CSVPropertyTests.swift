import RecordCodec
import Testing

/// Random lines against a plain parser that shares nothing with the decoder.
@Suite struct CSVPropertyTests {
  private struct Field {
    var text: [UInt8] = []
    var isQuoted = false
  }

  /// RFC 4180 for one line, as a state for each byte; nil if it is none.
  private func parse(_ line: [UInt8], delimiter: UInt8) -> [Field]? {
    enum State { case start, plain, quoted, quoteSeen, carriageReturn, ended }
    var state = State.start
    var fields = [Field()]
    for byte in line {
      switch (state, byte) {
      case (.ended, _): return nil
      case (.quoted, UInt8(ascii: "\"")): state = .quoteSeen
      case (.quoted, _): fields[fields.count - 1].text.append(byte)
      case (.quoteSeen, UInt8(ascii: "\"")):
        fields[fields.count - 1].text.append(byte)
        state = .quoted
      case (.carriageReturn, 0x0A): state = .ended
      case (.carriageReturn, _): return nil
      case (_, delimiter):
        fields.append(Field())
        state = .start
      case (_, 0x0D): state = .carriageReturn
      case (_, 0x0A): state = .ended
      case (.start, UInt8(ascii: "\"")):
        fields[fields.count - 1].isQuoted = true
        state = .quoted
      case (.quoteSeen, _), (_, UInt8(ascii: "\"")): return nil
      default:
        fields[fields.count - 1].text.append(byte)
        state = .plain
      }
    }
    return state == .quoted || state == .carriageReturn ? nil : fields
  }

  /// nil: a number beyond double.
  private func cell(_ field: Field) -> Cell? {
    let text = String(decoding: field.text, as: UTF8.self)
    if field.isQuoted { return .text(text) }
    switch text {
    case "": return .missing
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: break
    }
    guard text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil else { return .text(text) }
    if let number = Int64(text) { return .integer(number) }
    return Double(text).flatMap { $0.isFinite ? .real($0) : nil }
  }

  private func expected(_ line: [UInt8], columns: Int, delimiter: UInt8) -> Decoded {
    func failed(_ failure: DecodeFailure) -> Decoded {
      Decoded(failure: failure, timestamp: 0, key: nil, cells: Array(repeating: .missing, count: columns))
    }
    if line.isEmpty { return failed(.empty) }
    if String(validating: line, as: UTF8.self) == nil { return failed(.notUTF8) }
    guard let fields = parse(line, delimiter: delimiter), fields.count == columns else { return failed(.notCSV) }
    let cells = fields.compactMap(cell)
    guard cells.count == columns else { return failed(.numberOutOfRange) }
    return Decoded(failure: nil, timestamp: 1_000, key: Array("k".utf8), cells: cells)
  }

  @Test("of 40,000 random lines each decodes as a plain parser reads it", arguments: [",", ";", "\t"] as [Character])
  func differential(delimiter: Character) {
    var random = SeededGenerator(seed: 4_180)
    let byte = delimiter.asciiValue!
    let pieces =
      [String(delimiter), "\"", "\"\"", "\r\n", "\n", "\r", "1", "-2.5", "e3", "1e999", "0", "true", "false", " ", "a", "é", "🎉", "\\", "\0", ","]
      + ["\"x\"", "\"a\(delimiter)b\"", "\"q\"\"q\"", "\"\n\"", "12", String(delimiter), String(delimiter)]
    var good = 0
    for columns in 1...4 {
      let harness = DecodeHarness(CSVTests.configuration((0..<columns).map { "c\($0)" }, delimiter))
      let lines = (0..<10_000).map { _ -> [UInt8] in
        // About so many fields, most without damage, some cut in the middle of a character.
        var line = (0..<columns).map { _ in
          (0..<[0, 1, 1, 1, 2, 3].randomElement(using: &random)!).map { _ in pieces.randomElement(using: &random)! }.joined()
        }.joined(separator: String(delimiter))
        line += ["", "", "\n", "\r\n", "\r"].randomElement(using: &random)!
        let bytes = Array(line.utf8)
        return Int.random(in: 0..<10, using: &random) == 0 ? Array(bytes.dropLast()) : bytes
      }
      for (line, decoded) in zip(lines, harness.decode(lines.map { Input(value: $0) })) {
        let expected = expected(line, columns: columns, delimiter: byte)
        good += decoded.failure == nil ? 1 : 0
        guard decoded == expected else {
          Issue.record("\(String(decoding: line, as: UTF8.self).debugDescription) gave \(decoded), not \(expected)")
          return
        }
      }
    }
    #expect(good > 5_000 && good < 35_000, "\(good)")
  }
}
