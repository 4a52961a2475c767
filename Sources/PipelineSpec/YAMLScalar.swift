package import RecordCodec

/// What a plain scalar means: the core schema of YAML 1.2 (section 10.3.2), in which `yes`, `no`, `on` and `off` are strings.
package enum YAMLScalar {
  /// - Throws: a message, for what is no JSON: infinities, NaN and numbers beyond double.
  package static func value(_ text: String) throws(YAMLFault) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".nan", ".NaN", ".NAN": throw YAMLFault(line: 0, column: 0, "there is no number \(text) in a spec")
    default: break
    }
    var digits = text.utf8[...]
    if digits.first == UInt8(ascii: "-") || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    if let integer = integer(text, unsigned: digits) { return integer }
    guard isFloat(digits) else {
      if ["inf", "Inf", "INF"].contains(where: { digits.elementsEqual(".\($0)".utf8) }) {
        throw YAMLFault(line: 0, column: 0, "there is no number \(text) in a spec")
      }
      return .string(text)
    }
    guard let number = Double(text), number.isFinite else { throw YAMLFault(line: 0, column: 0, "the number is too large") }
    return .double(number)
  }

  /// `12`, `-3`, `0o17`, `0x1F`; hexadecimal and octal numbers have no sign. A decimal one that does not fit becomes a double.
  private static func integer(_ text: String, unsigned: Substring.UTF8View) -> JSONValue? {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] where text.hasPrefix(prefix) {
      let digits = text.dropFirst(2)
      guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
      return Int64(digits, radix: radix).map { .integer($0) }
    }
    guard !unsigned.isEmpty, unsigned.allSatisfy(isDigit), let number = Int64(text) else { return nil }
    return .integer(number)
  }

  /// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
  private static func isFloat(_ text: Substring.UTF8View) -> Bool {
    var rest = text
    func digits() -> Int {
      let count = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(count)
      return count
    }
    let whole = digits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      if digits() == 0, whole == 0 { return false }
    } else if whole == 0 {
      return false
    }
    if let sign = rest.first, sign == UInt8(ascii: "e") || sign == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      if digits() == 0 { return false }
    }
    return rest.isEmpty
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
