/// What becomes of records and results that cannot be used. Each is counted by its reason.
public struct ErrorPolicy: Sendable, Equatable {
  public enum DecodeError: String, Sendable {
    case skip
    case deadLetter = "dead_letter"
    /// The pipeline stops there.
    case fail
  }

  public enum Late: String, Sendable {
    case drop
    case deadLetter = "dead_letter"
  }

  public enum ProduceError: String, Sendable {
    /// Back to the last checkpoint and once more; what waiting cannot cure stops the pipeline.
    case retry
    /// What waiting cannot cure goes to the dead letter topic, and the pipeline goes on.
    case deadLetter = "dead_letter"
    /// The pipeline stops at the first result that was not delivered.
    case fail
  }

  /// Of records that cannot be decoded.
  public var onDecodeError = DecodeError.skip
  /// Of records beyond the allowed lateness.
  public var onLate = Late.drop
  /// Of results that are not delivered.
  public var onProduceError = ProduceError.retry
  /// Where dead letters go; needed where one of the above says so.
  public var deadLetterTopic: String?

  public init() {}

  /// Raw records have to be at hand until they are processed.
  var keepsRecords: Bool { onDecodeError == .deadLetter || onLate == .deadLetter }
  var usesDeadLetters: Bool { keepsRecords || onProduceError == .deadLetter }
}
