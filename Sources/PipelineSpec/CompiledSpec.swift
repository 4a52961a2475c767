package import RecordCodec
package import StreamEngine

/// A valid spec with every default filled in, as what runs a pipeline needs it. Times are milliseconds.
package struct CompiledSpec: Sendable, Equatable {
  /// `host:port`, joined by commas without blanks.
  package var brokers: String
  package var groupID: String
  package var inputTopics: [String]
  package var outputTopic: String
  package var autoCommitIntervalMs: Int64
  package var pollTimeoutMs: Int64
  package var deliveryTimeoutMs: Int64
  package var maxProduceRetries: Int
  /// librdkafka's own names (aliases and Java names resolved) and values as text.
  package var consumerProperties: [String: String]
  package var producerProperties: [String: String]
  /// Those of the consumer's that decide whether a connection comes about: `security.*`, `sasl.*`, `ssl.*`, `enable.ssl.*`.
  package var connectionProperties: [String: String]
  package var decoder: RecordDecoderConfiguration
  package var executor: ExecutorConfiguration
  /// Names of the aggregations in results, in the order of `executor.aggregations`.
  package var memberNames: [String]
  package var scope: SpecKeyScope
  package var parallelism: Int
  /// Most records in one batch.
  package var bufferSize: Int
  package var startAt: SpecStart
  package var stopAt: SpecStop?
  package var idleTimeoutMs: Int64
  /// How far a partition may be ahead of the slowest one, in event time, before it is paused; nil: by the window.
  package var maxDriftMs: Int64?
  /// The time of a result's record is the wall clock's; otherwise it goes by the window.
  package var resultTimestampNow: Bool
  /// Results travel in transactions.
  package var exactlyOnce: Bool
  package var errors: SpecErrorPolicy
  /// Canonical text of all that kept windows depend on: window, format, timestamp, key, scope. The same for specs that can share state,
  /// whatever way they were written.
  package var stateIdentity: String
  package var labels: [String: String]
  package var description: String
}
