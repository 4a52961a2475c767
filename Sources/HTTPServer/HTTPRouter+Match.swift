/// Where a method and path lead.
package enum HTTPMatch: Sendable {
  /// The parameters are percent-decoded.
  case route(HTTPRoute, parameters: [String: String])
  /// `malformed`, `noRoute` or `methodNotAllowed`.
  case failure(HTTPFailure)
}

extension HTTPRouter {
  /// Finds the route. `path` is as sent: percent-encoded, without the query.
  ///
  /// A path is compared segment by segment after each segment is decoded, so `%2F` inside a segment never makes a new one, and
  /// a trailing slash makes another path. Where a literal and a parameter both match, the leftmost literal wins, whatever the
  /// order of the routes. HEAD goes where GET goes unless it has a route of its own.
  package func match(method: String, path: String) -> HTTPMatch {
    guard path.hasPrefix("/") else { return .failure(.noRoute) }
    var parts: [String] = []
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      guard let decoded = percentDecoded(part.utf8) else {
        return .failure(.malformed("the path has a bad percent-escape in '\(part)'"))
      }
      parts.append(decoded)
    }

    let here = routes.filter { $0.matches(parts) }
    guard !here.isEmpty else { return .failure(.noRoute) }
    let able = here.filter { $0.method == method }
    let usable = able.isEmpty && method == "HEAD" ? here.filter { $0.method == "GET" } : able
    if let route = usable.min(by: { $0.isMoreLiteral(than: $1) }) {
      return .route(route, parameters: route.parameters(parts))
    }
    var allowed = Set(here.map(\.method))
    if allowed.contains("GET") { allowed.insert("HEAD") }
    return .failure(.methodNotAllowed(allowed: allowed.sorted()))
  }
}

extension HTTPRoute {
  fileprivate func matches(_ parts: [String]) -> Bool {
    guard parts.count == segments.count else { return false }
    for (part, segment) in zip(parts, segments) {
      switch segment {
      case .literal(let text): if part != text { return false }
      case .parameter: if part.isEmpty { return false }
      }
    }
    return true
  }

  fileprivate func parameters(_ parts: [String]) -> [String: String] {
    var found: [String: String] = [:]
    for (part, segment) in zip(parts, segments) {
      if case .parameter(let name) = segment { found[name] = part }
    }
    return found
  }

  /// Both match the same path, so they have as many segments.
  fileprivate func isMoreLiteral(than other: HTTPRoute) -> Bool {
    for (mine, theirs) in zip(segments, other.segments) {
      switch (mine, theirs) {
      case (.literal, .parameter): return true
      case (.parameter, .literal): return false
      default: continue
      }
    }
    return false
  }
}
