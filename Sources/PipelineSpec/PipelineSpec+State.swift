import RecordCodec

extension PipelineSpec {
  /// The members of a normalized document that kept windows depend on, with their paths. Aggregations are none of them: a checkpoint says
  /// what stands in its rows, and what both have goes on.
  static func stateParts(_ normalized: JSONValue) -> [(path: [String], value: JSONValue)] {
    let event = ["format", "columns", "delimiter", "timestamp", "key"].map { ["event", $0] }
    // Lateness only says how long windows are kept.
    let window = ["type"] + WindowSection.members.map(\.name).filter { $0 != "allowed_lateness_ms" }
    return (event + window.map { ["window", $0] }).map { path in
      (path: path, value: path.reduce(normalized) { $0[$1] ?? .null })
    }
  }

  static func stateIdentity(_ normalized: JSONValue) -> String {
    let parts = stateParts(normalized).filter { $0.value != .null }
    let members = parts.map { JSONValue.Member($0.path.joined(separator: "."), $0.value) }
    return String(decoding: JSONValue.object(members).serialized(), as: UTF8.self)
  }
}
