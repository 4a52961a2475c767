/// What replacing one spec by another does to a pipeline. The lists hold RFC 6901 pointers into `normalized`.
package enum SpecEffect: Sendable, Equatable {
  /// Nothing that runs changes: the same spec, or another description or labels.
  case none
  /// The pipeline restarts and keeps its state.
  case restart(changed: [String])
  /// Open windows cannot be kept. Lists only what makes it so.
  case stateIncompatible(changed: [String])
}
