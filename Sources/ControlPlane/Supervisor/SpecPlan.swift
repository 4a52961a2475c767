package import KafkaPipeline
package import PipelineSpec
package import RecordCodec

/// What a spec would do: the answer to a dry run.
package struct SpecPlan: Sendable {
  package enum Effect: String, Sendable, CaseIterable {
    case create, none, restart
    case stateIncompatible = "state_incompatible"
    case stateDiscarded = "state_discarded"
  }

  package var spec: PipelineSpec
  package var exists: Bool
  package var changed: Bool
  package var effect: Effect
  /// JSON pointers of what differs.
  package var changes: [String]
  /// What there is of state that would go; nil if none would.
  package var wouldLose: KafkaStreamStats?

  package var document: JSONValue {
    [
      "dry_run": .bool(true), "valid": .bool(true), "name": .string(spec.name), "exists": .bool(exists), "changed": .bool(changed),
      "effect": .string(effect.rawValue), "changes": .array(changes.map { .string($0) }), "would_lose": Self.loss(wouldLose),
      "warnings": .array(spec.warnings.map(Problem.document)), "normalized_spec": spec.normalized,
    ]
  }

  static func loss(_ stats: KafkaStreamStats?) -> JSONValue {
    guard let stats else { return .null }
    return [
      "open_windows": .integer(Int64(stats.openWindows)), "keys": .integer(Int64(stats.keys)), "state_bytes": .integer(Int64(stats.stateBytes)),
    ]
  }
}
