/// Text in lines of a width.
enum Paragraph {
  /// Breaks between words; the lines after the first begin with `indent` blanks. A word that is too long stays whole.
  static func text(_ text: String, _ layout: Layout, indent: Int = 0, first: Int? = nil) -> String {
    var lines: [String] = []
    var line = String(repeating: " ", count: first ?? indent)
    var isEmpty = true
    for word in SafeText.line(text).split(separator: " ") {
      if !isEmpty, SafeText.width(line) + 1 + SafeText.width(String(word)) > layout.width {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        isEmpty = true
      }
      line += isEmpty ? String(word) : " \(word)"
      isEmpty = false
    }
    lines.append(line)
    return lines.map { "\($0)\n" }.joined()
  }
}
