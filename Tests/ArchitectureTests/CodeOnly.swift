/// Blanks out comments and string literals of Swift source, keeping every line where it is. Code inside `\(...)` is blanked too.
enum CodeOnly {
  private enum Place {
    case code
    case lineComment
    case blockComment(depth: Int)
    case string(quotes: Int, hashes: Int)
  }

  static func strip(_ source: String) -> String {
    let text = Array(source.unicodeScalars)
    var place = Place.code
    var out = String.UnicodeScalarView()
    var index = 0

    func has(_ wanted: String, at start: Int) -> Bool {
      let wanted = Array(wanted.unicodeScalars)
      return start + wanted.count <= text.count && Array(text[start..<(start + wanted.count)]) == wanted
    }
    func blank(_ count: Int) {
      for scalar in text[index..<min(text.count, index + count)] { out.append(scalar == "\n" ? "\n" : " ") }
      index += count
    }

    while index < text.count {
      switch place {
      case .code:
        var hashes = 0
        while has("#", at: index + hashes) { hashes += 1 }
        if has("//", at: index) {
          place = .lineComment
        } else if has("/*", at: index) {
          place = .blockComment(depth: 1)
          blank(2)
        } else if has("\"\"\"", at: index + hashes) {
          place = .string(quotes: 3, hashes: hashes)
          blank(hashes + 3)
        } else if has("\"", at: index + hashes) {
          place = .string(quotes: 1, hashes: hashes)
          blank(hashes + 1)
        } else {
          out.append(text[index])
          index += 1
        }
      case .lineComment:
        if text[index] == "\n" { place = .code }
        blank(1)
      case .blockComment(let depth):
        if has("*/", at: index) {
          place = depth == 1 ? .code : .blockComment(depth: depth - 1)
          blank(2)
        } else if has("/*", at: index) {
          place = .blockComment(depth: depth + 1)
          blank(2)
        } else {
          blank(1)
        }
      case .string(let quotes, let hashes):
        let escape = "\\" + String(repeating: "#", count: hashes)
        let end = String(repeating: "\"", count: quotes) + String(repeating: "#", count: hashes)
        if has(escape + "(", at: index) {
          blank(escape.count + 1)
          blank(interpolationLength(text, from: index))
        } else if has(escape, at: index) {
          blank(escape.count + 1)
        } else if has(end, at: index) {
          place = .code
          blank(end.count)
        } else {
          // An ordinary literal ends at its line at the latest.
          if quotes == 1 && text[index] == "\n" { place = .code }
          blank(1)
        }
      }
    }
    return String(out)
  }

  /// How many scalars up to the parenthesis that closes an interpolation.
  private static func interpolationLength(_ text: [Unicode.Scalar], from start: Int) -> Int {
    var depth = 1
    var index = start
    while index < text.count {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      index += 1
      if depth == 0 { break }
    }
    return index - start
  }
}
