/// Why a pipeline's attempt to run ended, or what it is waiting for.
public struct PipelineFailure: Error, Sendable, Equatable {
  /// Whose doing it is.
  public enum Fault: String, Sendable {
    /// The spec, or what the records hold.
    case user
    /// Kafka, the network, the disk.
    case external
    /// Penstock itself.
    case `internal`
  }

  /// Stable and dotted, such as `kafka.topic_missing`.
  public var code: String
  public var fault: Fault
  /// Waiting and trying again can succeed (phase `backoff`); otherwise phase `failed`.
  public var retryable: Bool
  /// What happened, for people.
  public var message: String
  /// What to do next, for people.
  public var advice: String

  package init(code: String, fault: Fault, retryable: Bool, message: String, advice: String) {
    self.code = code
    self.fault = fault
    self.retryable = retryable
    self.message = message
    self.advice = advice
  }
}
