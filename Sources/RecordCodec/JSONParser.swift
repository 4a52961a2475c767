import CSimdJSON

/// A recursive-descent parser for one document (RFC 8259). Members keep their order and duplicates stay.
struct JSONParser {
  /// However deep a caller allows, the stack is not used up.
  static let maxDepthLimit = 512

  private let bytes: [UInt8]
  private let maxDepth: Int
  private var at = 0
  private var depth = 0

  init(_ bytes: [UInt8], maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = min(maxDepth, Self.maxDepthLimit)
  }

  mutating func document() throws(JSONParseError) -> JSONValue {
    try checkUTF8()
    skipBlanks()
    guard at < bytes.count else { throw failure("the document is empty") }
    let value = try value()
    skipBlanks()
    guard at == bytes.count else { throw failure("unexpected \(found) after the document") }
    return value
  }

  // MARK: Values

  private mutating func value() throws(JSONParseError) -> JSONValue {
    switch peek ?? 0 {
    case UInt8(ascii: "{"): try object()
    case UInt8(ascii: "["): try array()
    case UInt8(ascii: "\""): .string(try string())
    case UInt8(ascii: "t"): try literal("true", .bool(true))
    case UInt8(ascii: "f"): try literal("false", .bool(false))
    case UInt8(ascii: "n"): try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw failure("expected a value, found \(found)")
    }
  }

  private mutating func object() throws(JSONParseError) -> JSONValue {
    try enter()
    var members: [JSONValue.Member] = []
    if !take(UInt8(ascii: "}")) {
      repeat {
        skipBlanks()
        guard peek == UInt8(ascii: "\"") else { throw failure("expected a member name in quotes, found \(found)") }
        let name = try string()
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { throw failure("expected ':' after a member name, found \(found)") }
        skipBlanks()
        members.append(.init(name, try value()))
        skipBlanks()
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "}")) else { throw failure("expected ',' or '}' in an object, found \(found)") }
    }
    depth -= 1
    return .object(members)
  }

  private mutating func array() throws(JSONParseError) -> JSONValue {
    try enter()
    var items: [JSONValue] = []
    if !take(UInt8(ascii: "]")) {
      repeat {
        skipBlanks()
        items.append(try value())
        skipBlanks()
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "]")) else { throw failure("expected ',' or ']' in an array, found \(found)") }
    }
    depth -= 1
    return .array(items)
  }

  /// Steps over the opening bracket and the blanks behind it.
  private mutating func enter() throws(JSONParseError) {
    guard depth < maxDepth else { throw failure("nested deeper than \(maxDepth) levels") }
    depth += 1
    at += 1
    skipBlanks()
  }

  private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
    let count = word.utf8CodeUnitCount
    for index in 0..<count where at + index >= bytes.count || bytes[at + index] != word.utf8Start[index] {
      throw failure("expected a value, found something that starts like '\(word)' but is not it")
    }
    at += count
    return value
  }

  private mutating func number() throws(JSONParseError) -> JSONValue {
    let start = at
    if peek == UInt8(ascii: "-") { at += 1 }
    let negative = at > start
    let firstDigit = at
    // nil once the number does not fit.
    var integer: Int64? = 0
    while let byte = peek, isDigit(byte) {
      integer = integer.flatMap { value in
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let digit = Int64(byte - UInt8(ascii: "0"))
        let (sum, overflow2) = negative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
        return overflow || overflow2 ? nil : sum
      }
      at += 1
    }
    guard at > firstDigit else { throw failure("expected a digit, found \(found)") }
    if at - firstDigit > 1, bytes[firstDigit] == UInt8(ascii: "0") {
      at = firstDigit
      throw failure("a number must not start with 0")
    }
    var isInteger = true
    if peek == UInt8(ascii: ".") {
      isInteger = false
      at += 1
      try digits()
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      isInteger = false
      at += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { at += 1 }
      try digits()
    }
    if isInteger, let integer { return .integer(integer) }
    var double = 0.0
    let isFinite = bytes[start..<at].withUnsafeBufferPointer { psj_parse_double($0.baseAddress, $0.count, &double) }
    guard isFinite else {
      at = start
      throw failure("the number is too large")
    }
    return .double(double)
  }

  private mutating func digits() throws(JSONParseError) {
    let start = at
    while let byte = peek, isDigit(byte) { at += 1 }
    guard at > start else { throw failure("expected a digit, found \(found)") }
  }

  // MARK: Strings

  private mutating func string() throws(JSONParseError) -> String {
    let opening = at
    at += 1
    var text: [UInt8] = []
    var plainStart = at
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        defer { at += 1 }
        text += bytes[plainStart..<at]
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text += bytes[plainStart..<at]
        text += Array(String(Character(try escape())).utf8)
        plainStart = at
      case 0..<0x20:
        throw failure("a control character in a string must be escaped")
      default:
        at += 1
      }
    }
    at = opening
    throw failure("the string is not closed")
  }

  /// Reads one escape, a pair of surrogates as one scalar.
  private mutating func escape() throws(JSONParseError) -> Unicode.Scalar {
    let start = at
    at += 1
    let letter = peek
    at += 1
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try hexUnit(from: start)
      if let scalar = Unicode.Scalar(unit) { return scalar }
      if (0xD800...0xDBFF).contains(unit), peek == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "u") {
        at += 2
        let low = try hexUnit(from: start)
        if (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) {
          return scalar
        }
      }
      at = start
      throw failure("a surrogate without its partner")
    default:
      at = start
      throw failure("unknown escape in a string")
    }
  }

  private mutating func hexUnit(from start: Int) throws(JSONParseError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        at = start
        throw failure("\\u needs four hex digits")
      }
      unit = unit << 4 + UInt32(digit)
      at += 1
    }
    return unit
  }

  // MARK: Bytes

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// What stands at the cursor, for people.
  private var found: String {
    guard at < bytes.count else { return "the end" }
    var iterator = bytes[at...].makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return "a broken character" }
    guard scalar.value >= 0x20, scalar.value != 0x7F else { return "control character \(scalar.value)" }
    return "'\(Character(scalar))'"
  }

  private mutating func checkUTF8() throws(JSONParseError) {
    guard !psj_validate_utf8(bytes, bytes.count) else { return }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    while case .valid(let scalar) = parser.parseScalar(from: &iterator) { at += scalar.count }
    throw failure("not valid UTF-8")
  }

  /// The error at the cursor. Columns count characters, from 1.
  private func failure(_ message: String) -> JSONParseError {
    let before = bytes[..<min(at, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    // Continuation bytes are no characters of their own.
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    return JSONParseError(message: "line \(line), column \(column): \(message)")
  }
}
