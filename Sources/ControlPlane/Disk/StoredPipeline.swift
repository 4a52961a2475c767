package import RecordCodec

/// A pipeline as it is kept on disk.
package struct StoredPipeline: Sendable, Equatable {
  package var name: String
  package var desired: DesiredState
  package var generation: Int64
  /// Unix ms.
  package var createdAt: Int64
  /// Unix ms.
  package var updatedAt: Int64
  package var spec: JSONValue
  /// The state that is there was given up, and goes before anything uses it.
  package var discardsState: Bool

  package init(
    name: String, desired: DesiredState, generation: Int64, createdAt: Int64, updatedAt: Int64, spec: JSONValue, discardsState: Bool = false
  ) {
    self.name = name
    self.desired = desired
    self.generation = generation
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.spec = spec
    self.discardsState = discardsState
  }
}
