import HTTPServer

/// `If-Match` and `If-None-Match` of a request (RFC 9110 13.1).
package struct Preconditions: Sendable, Equatable {
  enum Tags: Sendable, Equatable {
    case any
    /// With their quotes; weak ones match nothing here.
    case listed([String])

    /// `tag`: nil if what is there has none. `*` is about whether something is there (RFC 9110 13.1.1, 13.1.2).
    func matches(_ tag: String?, exists: Bool) -> Bool {
      switch self {
      case .any: exists
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

  /// Why nothing is done; nil if all hold. `entry`: what is there, nil if nothing is.
  func failure(_ entry: PipelineEntry?) -> Refusal? {
    failure(entry?.with(\.stored).map { SpecTag.text($0) }, exists: entry != nil)
  }

  /// `tag`: of what is there; a pipeline whose spec cannot be read has none.
  private func failure(_ tag: String?, exists: Bool) -> Refusal? {
    if let match, !match.matches(tag, exists: exists) {
      let there = tag.map { "If-Match does not have its present ETag, \($0): somebody changed it meanwhile" }
      let tagless = "If-Match has an ETag, and the pipeline has none: its spec cannot be read"
      return Refusal(.preconditionFailed, there ?? (exists ? tagless : "If-Match was sent, and there is no such pipeline"))
    }
    if let noneMatch, noneMatch.matches(tag, exists: exists) {
      return Refusal(.preconditionFailed, "If-None-Match was sent, and the pipeline is there with \(tag.map { "the ETag \($0)" } ?? "a spec that cannot be read")")
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
