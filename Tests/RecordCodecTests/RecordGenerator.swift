import RecordCodec

/// Makes records whose decoded form is known by construction: the oracle never parses, it knows what it wrote.
struct RecordGenerator {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Time in `ts` (s), key from `id` and `tag.name`, a number in `a`, one in `list.1.n`, presence of `p`.
  static let configuration = RecordDecoderConfiguration(
    timestamp: .field(FieldPath("ts"), .seconds), key: .fields([FieldPath("id"), FieldPath("tag.name")], .composite),
    fields: [FieldColumn(FieldPath("a")), FieldColumn(FieldPath("list.1.n")), FieldColumn(FieldPath("p"), .presence)])

  /// A JSON scalar's text and what it is worth.
  private enum Scalar {
    case null
    case number(String, Cell)
    case outOfRange(String)
    case bool(Bool)
    case string(String)
    case container(String)
  }

  mutating func next() -> (text: [UInt8], expected: Decoded) {
    let time = timestamp()
    let id = keyScalar()
    let name = keyScalar()
    let cells = [fieldScalar(), fieldScalar(), fieldScalar()]
    let hasItem = chance(9, in: 10)
    var members = [
      member("a", text(cells[0])), member("p", text(cells[2])), member("id", text(id)),
      member("tag", object([member("name", text(name)), member("other", filler(2))])),
      member("ts", time.text),
      member("list", hasItem ? array([filler(2), object([member("n", text(cells[1])), member("m", filler(1))])]) : array([filler(1)])),
    ]
    for index in 0..<Int.random(in: 0...4, using: &random) { members.append(member("unused \(index)", filler(3))) }
    members.shuffle(using: &random)
    let record = blanks() + object(members) + blanks()
    return (Array(record.utf8), expected(time.value, [id, name], cells, hasItem))
  }

  private func expected(_ time: Int64, _ keys: [Scalar], _ cells: [Scalar], _ hasItem: Bool) -> Decoded {
    func failed(_ failure: DecodeFailure) -> Decoded {
      Decoded(failure: failure, timestamp: 0, key: nil, cells: [.missing, .missing, .missing])
    }
    var key = "composite:"
    var missing = false
    var bad = false
    for (index, (dimension, scalar)) in zip(["id", "tag.name"], keys).enumerated() {
      if index > 0 { key += "," }
      key += dimension + ":"
      switch scalar {
      case .null: missing = true
      case .container: bad = true
      case .number(let text, _), .outOfRange(let text): key += text
      case .bool(let flag): key += flag ? "true" : "false"
      case .string(let text):
        for character in text.unicodeScalars {
          if "|,:\\".unicodeScalars.contains(character) { key += "\\" }
          key.unicodeScalars.append(character)
        }
      }
    }
    if missing { return failed(.missingKey) }
    if bad { return failed(.badKey) }
    var failures: Set<UInt8> = []
    var result: [Cell] = []
    for (index, scalar) in cells.enumerated() {
      if index == 1, !hasItem {
        result.append(.missing)
        continue
      }
      switch scalar {
      case .null: result.append(.missing)
      case .container: failures.insert(DecodeFailure.badField.rawValue)
      case _ where index == 2: result.append(.integer(1))
      case .number(_, let cell): result.append(cell)
      case .outOfRange: failures.insert(DecodeFailure.numberOutOfRange.rawValue)
      case .bool, .string: failures.insert(DecodeFailure.badField.rawValue)
      }
    }
    if let first = failures.min() { return failed(DecodeFailure(rawValue: first)!) }
    return Decoded(failure: nil, timestamp: time, key: Array(key.utf8), cells: result)
  }

  // MARK: Pieces

  private mutating func chance(_ part: Int, in whole: Int) -> Bool { Int.random(in: 0..<whole, using: &random) < part }

  private mutating func timestamp() -> (text: String, value: Int64) {
    let milliseconds = Int64.random(in: -4_000_000_000_000...4_000_000_000_000, using: &random)
    guard chance(1, in: 2) else { return ("\(milliseconds / 1_000)", milliseconds / 1_000 * 1_000) }
    // Digits behind the milliseconds floor away; the text is made from the parts so that nothing rounds.
    let digits = String(milliseconds.magnitude % 1_000)
    let fraction = String(repeating: "0", count: 3 - digits.count) + digits
    let text = "\(milliseconds.magnitude / 1_000).\(fraction)"
    if milliseconds < 0 { return chance(1, in: 2) ? ("-\(text)", milliseconds) : ("-\(text)001", milliseconds - 1) }
    return chance(1, in: 2) ? (text, milliseconds) : ("\(text)999", milliseconds)
  }

  private mutating func keyScalar() -> Scalar {
    switch Int.random(in: 0..<40, using: &random) {
    case 0: .null
    case 1: .container(filler(2, container: true))
    case 2...8: number()
    case 9...10: .bool(chance(1, in: 2))
    default: .string(string())
    }
  }

  private mutating func fieldScalar() -> Scalar {
    switch Int.random(in: 0..<60, using: &random) {
    case 0: .container(filler(2, container: true))
    case 1: .string(string())
    case 2: .bool(true)
    case 3: .outOfRange(chance(1, in: 2) ? "1e400" : "-3.5E+777")
    case 4...9: .null
    default: number()
    }
  }

  private mutating func number() -> Scalar {
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      let value = Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random)
      return .number("\(value)", .integer(value))
    case 1:
      let value = Double(Int64.random(in: -1_000_000...1_000_000, using: &random)) / 1_000
      return .number("\(value)", .real(value))
    case 2:
      let value = Double(bitPattern: random.next())
      return value.isFinite ? .number("\(value)", .real(value)) : .number("1", .integer(1))
    default:
      let value = Int64.random(in: 0...99, using: &random)
      return .number("\(value)E1", .real(Double(value) * 10))
    }
  }

  private mutating func string() -> String {
    let letters = ["a", "B", "7", " ", "|", ",", ":", "\\", "\"", "/", "\n", "\t", "\u{1}", "\u{7F}", "é", "ß", "日", "🎉", "{", "}", "[", "]"]
    return (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random)! }.joined()
  }

  private mutating func text(_ scalar: Scalar) -> String {
    switch scalar {
    case .null: "null"
    case .number(let text, _), .outOfRange(let text), .container(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .string(let text): quoted(text)
    }
  }

  /// The string as JSON text; some characters are escaped although they need not be.
  private mutating func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      if chance(1, in: 30) || scalar.value < 0x20 {
        for unit in String(scalar).utf16 {
          let hex = String(unit, radix: 16, uppercase: chance(1, in: 2))
          out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
      } else if scalar == "\"" || scalar == "\\" {
        out += "\\" + String(scalar)
      } else if scalar == "/", chance(1, in: 2) {
        out += "\\/"
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  private mutating func member(_ name: String, _ value: String) -> String {
    blanks() + quoted(name) + blanks() + ":" + blanks() + value + blanks()
  }
  private mutating func object(_ members: [String]) -> String { "{" + members.joined(separator: ",") + (members.isEmpty ? blanks() : "") + "}" }
  private mutating func array(_ items: [String]) -> String { "[" + blanks() + items.joined(separator: ",") + blanks() + "]" }

  private mutating func blanks() -> String {
    chance(1, in: 6) ? (0..<Int.random(in: 1...3, using: &random)).map { _ in [" ", "\n", "\t", "\r"].randomElement(using: &random)! }.joined() : ""
  }

  /// Any value that nobody wants.
  private mutating func filler(_ depth: Int, container: Bool = false) -> String {
    let choice = container ? Int.random(in: 5...6, using: &random) : Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random)
    switch choice {
    case 0: return "null"
    case 1: return "true"
    case 2: return text(number())
    case 3, 4: return quoted(string())
    case 5:
      let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in filler(depth - 1) }
      return array(items)
    default:
      // Names of wanted members at levels where they are not wanted.
      let members = ["a", "ts", "id", "n", "1", ""].prefix(Int.random(in: 0...6, using: &random)).map { member($0, filler(depth - 1)) }
      return object(members)
    }
  }
}
