/// The next record would take more state than the pipeline may hold. Nothing was allocated for it; the executor's figures are
/// then those of a batch half done, so the last checkpoint is the place to go on from.
public struct StateLimitExceeded: Error, Sendable, Equatable {
  /// Name of the limit in a spec: `max_keys` or `max_state_bytes`.
  public var limit: String
  public var message: String

  package init(limit: String, message: String) {
    self.limit = limit
    self.message = message
  }
}
