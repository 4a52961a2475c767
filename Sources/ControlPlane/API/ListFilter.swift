import HTTPServer
import PipelineSpec

/// What `GET /v1/pipelines` was asked for.
struct ListFilter: Sendable {
  static let defaultLimit = 100
  static let maxLimit = 500

  var phase: LifecyclePhase?
  var health: HealthLevel?
  /// A name and, unless any will do, its value; all must fit.
  var labels: [(name: String, value: String?)] = []
  var limit = Self.defaultLimit
  /// Only names after this one.
  var after: String?

  init(_ request: HTTPRequest) throws(Problem) {
    if let word = request.queryValue("phase") {
      guard let phase = LifecyclePhase(rawValue: word) else { throw Self.unknown("phase", word, LifecyclePhase.allCases.map(\.rawValue)) }
      self.phase = phase
    }
    if let word = request.queryValue("health") {
      guard let health = HealthLevel(rawValue: word) else { throw Self.unknown("health", word, HealthLevel.allCases.map(\.rawValue)) }
      self.health = health
    }
    for item in request.query where item.name == "label" { labels.append(try Self.label(item.value)) }
    limit = try request.number("limit", in: 1...Self.maxLimit, absent: Self.defaultLimit)
    if let word = request.queryValue("cursor") {
      guard PipelineName.isValid(word) else { throw Problem(.queryInvalid, "cursor is not a next_cursor of this list") }
      after = word
    }
  }

  /// `sorted`: in name order. `next` is nil on the last page.
  func page(of sorted: [PipelineSnapshot]) -> (items: [PipelineSnapshot], next: String?) {
    var items: [PipelineSnapshot] = []
    for pipeline in sorted where fits(pipeline) {
      if items.count == limit { return (items, items.last?.name) }
      items.append(pipeline)
    }
    return (items, nil)
  }

  private func fits(_ pipeline: PipelineSnapshot) -> Bool {
    if let after, pipeline.name <= after { return false }
    if let phase, pipeline.lifecycle.phase != phase { return false }
    if let health, pipeline.health.level != health { return false }
    let own = pipeline.spec?.compiled.labels ?? [:]
    return labels.allSatisfy { label in own[label.name].map { label.value == nil || $0 == label.value } ?? false }
  }

  /// `team=ml` (or `team:ml`, which needs no escape), or `team` for any value.
  private static func label(_ text: String) throws(Problem) -> (name: String, value: String?) {
    let cut = text.firstIndex(of: "=") ?? text.firstIndex(of: ":")
    let name = cut.map { String(text[..<$0]) } ?? text
    guard !name.isEmpty else { throw Problem(.queryInvalid, "label has no name; write label=team or label=team=ml") }
    return (name, cut.map { String(text[text.index(after: $0)...]) })
  }

  private static func unknown(_ item: String, _ word: String, _ known: [String]) -> Problem {
    Problem(.queryInvalid, "\(item) is \(word.prefix(80)); it may be \(known.joined(separator: ", "))")
  }
}
