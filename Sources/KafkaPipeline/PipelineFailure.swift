/// Why a pipeline's attempt to run ended, or what it is waiting for.
package struct PipelineFailure: Error, Sendable, Equatable {
  /// Whose doing it is.
  package enum Fault: String, Sendable {
    /// The spec, or what the records hold.
    case user
    /// Kafka, the network, the disk.
    case external
    /// Penstock itself.
    case `internal`
  }

  /// Stable and dotted, such as `kafka.topic_missing`.
  package var code: String
  package var fault: Fault
  /// Waiting and trying again can succeed (phase `backoff`); otherwise phase `failed`.
  package var retryable: Bool
  /// What happened, for people.
  package var message: String
  /// What to do next, for people.
  package var advice: String

  package init(code: String, fault: Fault, retryable: Bool, message: String, advice: String) {
    self.code = code
    self.fault = fault
    self.retryable = retryable
    self.message = message
    self.advice = advice
  }
}
