/// The bearer tokens of a token file: lines of `role:token`, `#` begins a comment line.
package struct AccessTokens: Sendable {
  package struct Fault: Error, Sendable, Equatable { package var message: String }

  static let maxTokens = 1_000
  static let lengths = 8...512

  private var tokens: [(role: AccessRole, token: [UInt8])] = []

  /// - Throws: with the line's number, never with what stands in it.
  package init(parsing bytes: [UInt8]) throws(Fault) {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw Fault(message: "it is not UTF-8") }
    // By bytes: \r\n is one Character.
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let trimmed = Self.trimmed(Substring(decoding: line, as: UTF8.self))
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      guard let colon = trimmed.firstIndex(of: ":"), let role = AccessRole(rawValue: String(trimmed[..<colon])) else {
        throw Fault(message: "line \(index + 1) is not role:token with the role read or admin")
      }
      let token = Array(Self.trimmed(trimmed[trimmed.index(after: colon)...]).utf8)
      guard Self.lengths.contains(token.count), token.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw Fault(message: "the token in line \(index + 1) needs \(Self.lengths.lowerBound) to \(Self.lengths.upperBound) printable ASCII characters without blanks")
      }
      guard tokens.count < Self.maxTokens else { throw Fault(message: "it holds more than \(Self.maxTokens) tokens") }
      tokens.append((role, token))
    }
    guard !tokens.isEmpty else { throw Fault(message: "it holds no token") }
  }

  /// The highest role of that token; nil for one that is not known. Takes as long for a wrong token as for a right one: every byte of
  /// every token is looked at.
  package func role(of offered: [UInt8]) -> AccessRole? {
    var found: AccessRole?
    for (role, token) in tokens {
      var difference = UInt8(truncatingIfNeeded: token.count ^ offered.count) | UInt8(truncatingIfNeeded: (token.count ^ offered.count) >> 8)
      for index in token.indices { difference |= token[index] ^ (index < offered.count ? offered[index] : 0) }
      if difference == 0 { found = max(found ?? role, role) }
    }
    return found
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
    return text.drop { $0 == " " || $0 == "\t" }
  }
}
