/// `${env:NAME}` or `${file:NAME}`: a value that a spec names and does not hold.
package enum SecretReference: Sendable, Equatable {
  /// An environment variable of the daemon.
  case environment(String)
  /// A file in the daemon's `--secrets-dir`.
  case file(String)

  /// nil: `text` is no reference. A malformed one is `.some` of nothing that can be found: see `isReference`.
  package init?(_ text: String) {
    guard text.hasPrefix("${"), text.hasSuffix("}"), let colon = text.firstIndex(of: ":") else { return nil }
    let kind = text[text.index(text.startIndex, offsetBy: 2)..<colon]
    let name = String(text[text.index(after: colon)...].dropLast())
    let isWord = { (byte: UInt8) in SpecText.isLetterOrDigit(byte) || byte == UInt8(ascii: "_") }
    switch kind {
    case "env":
      guard (1...128).contains(name.utf8.count), name.utf8.allSatisfy(isWord) else { return nil }
      self = .environment(name)
    case "file":
      // One name in the folder: nothing that could lead out of it, or to a hidden file.
      guard (1...128).contains(name.utf8.count), name.utf8.allSatisfy({ isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }),
        !name.hasPrefix(".")
      else { return nil }
      self = .file(name)
    default: return nil
    }
  }

  /// Meant as a reference, well formed or not.
  static func isMeant(_ text: String) -> Bool { text.hasPrefix("${") }
}
