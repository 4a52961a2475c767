/// What a YAML text may hold. Larger than any spec that makes sense, small enough that no text costs more than a moment.
package enum YAMLLimits {
  /// As large as a body over REST.
  package static let maxBytes = 1_048_576
  /// Below what libfyaml (64) and the daemon's JSON parser take.
  package static let maxDepth = 48
  /// Scalars, lists and mappings together.
  package static let maxNodes = 100_000
  /// Of '[', '{' and ',' wherever they stand: behind an opening bracket libfyaml reads ahead as far as it can, since a key may
  /// have begun, and a mebibyte of brackets would become 370 MiB of tokens.
  package static let maxFlowMarks = 50_000
  package static let maxKeysOfOneMapping = 10_000
  package static let maxKeyBytes = 1_024
}
