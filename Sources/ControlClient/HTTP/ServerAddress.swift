package import Arguments

/// The base of every URL: `http://127.0.0.1:8080`.
package struct ServerAddress: Sendable, Equatable {
  /// Without a slash at its end.
  package var base: String
  package var isSecure: Bool { base.hasPrefix("https://") }

  package static let standard = "http://127.0.0.1:8080"

  /// `source`: where it was written, for the message.
  package init(_ text: String, source: String) throws(UsageError) {
    func wrong(_ why: String) -> UsageError { UsageError("\(source) is \(SafeText.line(text)); \(why)") }
    guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else {
      let meant = text.contains("://") ? "such as \(Self.standard)" : "perhaps http://\(SafeText.line(text))"
      throw wrong("it has to begin with http:// or https://, \(meant)")
    }
    let rest = text.dropFirst(scheme.count)
    guard let first = rest.utf8.first, first != UInt8(ascii: "/"), first != UInt8(ascii: ":") else { throw wrong("the host is missing") }
    guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw wrong("it has characters that no URL has") }
    if rest.contains("@") { throw wrong("a name or password does not belong there; there is --token-file") }
    if rest.contains("?") || rest.contains("#") { throw wrong("it may not have a query or fragment") }
    var base = text
    while base.hasSuffix("/") { base.removeLast() }
    self.base = base
  }

  /// Only this machine: then no proxy is asked.
  package var isLoopback: Bool {
    let host = base.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
    return host == "localhost" || host.hasPrefix("localhost:") || host.hasPrefix("127.") || host.hasPrefix("[::1]")
  }
}
