package import Arguments

/// A file with the token that the server wants: the daemon's own file of `role:token` lines, or a bare token.
package enum TokenFile {
  /// The first line with the role `admin`, else the first line. Blank lines and lines that begin with `#` do not count.
  package static func token(in text: String, source: String) throws(UsageError) -> String {
    let lines = text.split(whereSeparator: \.isNewline).map { trimmed($0) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    guard let line = lines.first(where: { $0.hasPrefix("admin:") }) ?? lines.first else {
      throw UsageError("\(source) holds no token")
    }
    let role = ["admin:", "read:"].first { line.hasPrefix($0) } ?? ""
    let token = trimmed(line.dropFirst(role.count))
    guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw UsageError("\(source): a token has visible ASCII characters only, without blanks")
    }
    return String(token)
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
