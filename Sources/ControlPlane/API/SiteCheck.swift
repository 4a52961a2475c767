import HTTPServer

/// Keeps web pages of other sites out: a browser sends their requests to 127.0.0.1 too. They cannot write, and under another name for
/// this machine they cannot read either.
struct SiteCheck: Sendable {
  /// The daemon listens on loopback only, so a Host that is no loopback name is a page that had its own name point here
  /// (DNS rebinding).
  var loopbackOnly: Bool

  func check(_ request: HTTPRequest) throws(Problem) {
    let host = request.header("Host")
    if loopbackOnly, let host, !Self.isLoopback(host) {
      throw Problem(.crossSite, "the host \(host.prefix(120)) is not this machine's loopback address; --insecure allows other names")
    }
    guard !["GET", "HEAD", "OPTIONS"].contains(request.method) else { return }
    if let site = request.header("Sec-Fetch-Site")?.lowercased(), site == "cross-site" || site == "same-site" {
      throw Problem(.crossSite, "the browser says that this request comes from another site")
    }
    if let origin = request.header("Origin") {
      guard let host, Self.authority(of: origin) == host.lowercased() else {
        throw Problem(.crossSite, "the request comes from \(origin.prefix(120)), which is not this server")
      }
    }
  }

  /// `https://a.example:8080` -> `a.example:8080`; nil for `null` and what is no origin.
  private static func authority(of origin: String) -> String? {
    guard let colon = origin.firstRange(of: "://") else { return nil }
    return String(origin[colon.upperBound...]).lowercased()
  }

  static func isLoopback(_ host: String) -> Bool {
    var name = Substring(host.lowercased())
    if name.hasPrefix("[") {
      name = name.dropFirst().prefix { $0 != "]" }
      return name == "::1"
    }
    if name == "::1" { return true }
    name = name.prefix { $0 != ":" }
    if name == "localhost" || name.hasSuffix(".localhost") { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
