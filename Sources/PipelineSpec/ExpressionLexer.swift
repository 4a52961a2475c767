import StreamEngine

/// Cuts the text of an expression into words.
struct ExpressionLexer {
  private let bytes: [UInt8]
  private var place = 0
  /// Where the word that came last begins and ends.
  private(set) var last = 0..<0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// Characters before a byte, from 1.
  func character(_ offset: Int) -> Int { 1 + bytes[..<offset].count { $0 & 0xC0 != 0x80 } }

  /// The word that came last, for people.
  var lastText: String { last.isEmpty ? "the end" : SpecText.quoted(String(decoding: bytes[last], as: UTF8.self)) }

  /// The next word is an opening bracket.
  var isBeforeBracket: Bool { bytes[place...].first { !Self.isBlank($0) } == UInt8(ascii: "(") }

  mutating func next() throws(ExpressionFault) -> ExpressionToken {
    while place < bytes.count, Self.isBlank(bytes[place]) { place += 1 }
    let start = place
    defer { last = start..<place }
    guard place < bytes.count else { return .end }
    let byte = bytes[place]
    if Self.isDigit(byte) { return try number() }
    if Self.isNameStart(byte) {
      while place < bytes.count, Self.isNameStart(bytes[place]) || Self.isDigit(bytes[place]) { place += 1 }
      return .name(String(decoding: bytes[start..<place], as: UTF8.self))
    }
    if byte == UInt8(ascii: "`") { return try quotedName() }
    place += 1
    switch byte {
    case UInt8(ascii: "+"): return .plus
    case UInt8(ascii: "-"): return .minus
    case UInt8(ascii: "*"): return .times
    case UInt8(ascii: "/"): return .over
    case UInt8(ascii: "("): return .open
    case UInt8(ascii: ")"): return .close
    default:
      while place < bytes.count, bytes[place] & 0xC0 == 0x80 { place += 1 }
      let text = SpecText.quoted(String(decoding: bytes[start..<place], as: UTF8.self))
      throw ExpressionFault(
        .badFormat, at: character(start),
        "\(text) has no meaning here: there are names, numbers, + - * / and brackets; a name with other characters stands in `backquotes`")
    }
  }

  /// Digits, with a fraction and an exponent if they are there, as in JSON.
  private mutating func number() throws(ExpressionFault) -> ExpressionToken {
    let start = place
    skipDigits()
    if place + 1 < bytes.count, bytes[place] == UInt8(ascii: "."), Self.isDigit(bytes[place + 1]) {
      place += 1
      skipDigits()
    }
    if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
      let sign = place + 1 < bytes.count && "+-".utf8.contains(bytes[place + 1]) ? 1 : 0
      if place + 1 + sign < bytes.count, Self.isDigit(bytes[place + 1 + sign]) {
        place += 1 + sign
        skipDigits()
      }
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    if place < bytes.count, Self.isNameStart(bytes[place]) || bytes[place] == UInt8(ascii: ".") {
      throw ExpressionFault(.badFormat, at: character(place), "the number \(SpecText.quoted(text)) does not end where a number can")
    }
    if let integer = Int64(text) { return .number(.integer(integer)) }
    guard let double = Double(text), double.isFinite else {
      throw ExpressionFault(.outOfRange, at: character(start), "the number \(SpecText.quoted(text)) is too large")
    }
    return .number(.double(double))
  }

  private mutating func quotedName() throws(ExpressionFault) -> ExpressionToken {
    let start = place
    guard let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "`")) else {
      throw ExpressionFault(.badFormat, at: character(start), "this backquote has no second one after the name")
    }
    place = end + 1
    return .name(String(decoding: bytes[(start + 1)..<end], as: UTF8.self))
  }

  private mutating func skipDigits() {
    while place < bytes.count, Self.isDigit(bytes[place]) { place += 1 }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isNameStart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
