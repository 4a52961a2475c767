import HTTPServer

/// `If-Match` and `If-None-Match` of a request (RFC 9110 13.1).
package struct Preconditions: Sendable, Equatable {
  enum Tags: Sendable, Equatable {
    case any
    /// With their quotes; weak ones match nothing here.
    case listed([String])

    func matches(_ tag: String?) -> Bool {
      switch self {
      case .any: tag != nil
      case .listed(let tags): tag.map { tags.contains($0) } ?? false
      }
    }
  }

  var match: Tags?
  var noneMatch: Tags?

  package init() {}

  init(_ request: HTTPRequest) {
    match = Self.tags(request, "If-Match")
    noneMatch = Self.tags(request, "If-None-Match")
  }

  /// Why nothing is done; nil if all hold. `tag`: of what is there, nil if nothing is.
  func failure(_ tag: String?) -> Refusal? {
    if let match, !match.matches(tag) {
      return Refusal(.preconditionFailed, tag.map { "If-Match does not have its present ETag, \($0): somebody changed it meanwhile" } ?? "If-Match was sent, and there is no such pipeline")
    }
    if let noneMatch, noneMatch.matches(tag) {
      return Refusal(.preconditionFailed, "If-None-Match was sent, and the pipeline is there with the ETag \(tag ?? "")")
    }
    return nil
  }

  private static func tags(_ request: HTTPRequest, _ name: String) -> Tags? {
    let values = request.headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    if values.isEmpty { return nil }
    let words = values.flatMap { $0.split(separator: ",") }.map { word in String(word.filter { $0 != " " && $0 != "\t" }) }
    return words.contains("*") ? .any : .listed(words)
  }
}
