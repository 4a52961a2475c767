/// Text from elsewhere on a terminal: it must not move the cursor, change colours or hide anything.
package enum SafeText {
  private static let replacement: Unicode.Scalar = "\u{FFFD}"

  /// One line: line breaks and tabs become blanks, all else that is invisible a replacement character.
  package static func line(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { scalar in
      switch scalar {
      case "\n", "\r", "\t", "\u{2028}", "\u{2029}", "\u{85}": " "
      default: isHarmless(scalar) ? scalar : replacement
      }
    }))
  }

  /// JSON text, in which such characters can be escaped instead.
  package static func json(_ text: [UInt8]) -> String {
    var out = String.UnicodeScalarView()
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if scalar == "\n" || isHarmless(scalar) {
        out.append(scalar)
      } else {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          out.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
        }
      }
    }
    return String(out)
  }

  /// Columns that the text takes on a terminal.
  package static func width(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// The text in at most `width` columns; what was cut off shows as an ellipsis.
  package static func cut(_ text: String, to width: Int) -> String {
    if self.width(text) <= width { return text }
    if width < 1 { return "" }
    var out = String.UnicodeScalarView()
    var left = width - 1
    for scalar in text.unicodeScalars {
      left -= self.width(scalar)
      if left < 0 { break }
      out.append(scalar)
    }
    out.append("\u{2026}")
    return String(out)
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch scalar.value {
    // Wide in Unicode's EastAsianWidth: Hangul, CJK, full-width forms, pictographs.
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: return false
    // Those that only join or shape letters are let pass; those that turn the direction of text are not.
    case .format: return scalar == "\u{200C}" || scalar == "\u{200D}"
    default: return true
    }
  }
}
