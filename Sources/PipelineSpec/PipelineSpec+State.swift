import RecordCodec

extension PipelineSpec {
  /// The members of a normalized document that kept windows depend on, with their paths. Their layout in a checkpoint is not
  /// converted yet, so the order of the aggregations is one of these things.
  static func stateParts(_ normalized: JSONValue) -> [(path: [String], value: JSONValue)] {
    let event = ["format", "columns", "delimiter", "timestamp", "key"].map { ["event", $0] }
    // Lateness only says how long windows are kept.
    let window = ["type"] + WindowSection.members.map(\.name).filter { $0 != "allowed_lateness_ms" }
    let members = (event + window.map { ["window", $0] }).map { path in
      (path: path, value: path.reduce(normalized) { $0[$1] ?? .null })
    }
    let kept = (normalized["aggregations"]?.arrayValue ?? []).compactMap(AggregationItem.stored)
    return members + [(path: ["aggregations"], value: .array(kept))]
  }

  static func stateIdentity(_ normalized: JSONValue) -> String {
    let parts = stateParts(normalized).filter { $0.value != .null }
    let members = parts.map { JSONValue.Member($0.path.joined(separator: "."), $0.value) }
    return String(decoding: JSONValue.object(members).serialized(), as: UTF8.self)
  }
}
