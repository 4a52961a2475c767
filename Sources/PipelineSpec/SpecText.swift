import RecordCodec

/// Rules of texts, and how faults speak of them.
enum SpecText {
  /// `pointer` with one more step, escaped as RFC 6901 says.
  static func pointer(_ pointer: String, _ step: String) -> String {
    var out = pointer + "/"
    for scalar in step.unicodeScalars {
      switch scalar {
      case "~": out += "~0"
      case "/": out += "~1"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// The user's text in quotes, cut short and without control characters.
  static func quoted(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if out.count >= SpecLimits.maxQuoted { return "\"\(String(out))...\"" }
      out.append(isControl(scalar) ? "?" : scalar)
    }
    return "\"\(String(out))\""
  }

  /// Without control characters.
  static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
  }

  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
  }

  static func hasControl(_ text: String) -> Bool { text.unicodeScalars.contains(where: isControl) }

  /// `[a-z0-9][a-z0-9._-]{0,62}`
  static func isPipelineName(_ text: String) -> Bool {
    let bytes = Array(text.utf8.prefix(64))
    guard let first = bytes.first, SpecLimits.nameCharacters.contains(bytes.count) else { return false }
    return isLowerOrDigit(first) && bytes.allSatisfy { isLowerOrDigit($0) || "._-".utf8.contains($0) }
  }

  static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLowerOrDigit(byte) || (0x41...0x5A).contains(byte) }
  private static func isLowerOrDigit(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }

  static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }

  /// Without the ASCII blanks and tabs at both ends.
  static func trimmed(_ text: String) -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let bytes = text.utf8.drop(while: isBlank)
    return String(decoding: bytes.reversed().drop(while: isBlank).reversed(), as: UTF8.self)
  }

  /// The value's type with its article, as in "not a string".
  static func typeName(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "a number"
    case .double: "a number with a fraction or exponent"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }

  static func list(_ words: [String]) -> String { words.joined(separator: ", ") }

  /// Compares bytes: Swift's `==` takes different spellings of one accented letter for the same, JSON and Kafka do not.
  static func sameBytes(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
