package import RecordCodec
package import StreamEngine

/// Which input partitions share keyed state.
public enum KeyScope: String, Sendable, Equatable {
  /// A shard is a partition number over all input topics: right where the producer partitions by that very key.
  case partition
  /// One shard over all partitions, in one lane.
  case global
}

/// Where a group without offsets starts to read.
public enum StartPosition: Sendable, Equatable {
  case earliest, latest
  /// The first record at or after this Unix ms.
  case timestamp(Int64)
}

/// Where a bounded run ends.
package enum StopPosition: Sendable, Equatable {
  /// At the last stable offsets as they are when the run begins.
  case end
  /// At the first record of each partition at or after this Unix ms.
  case timestamp(Int64)
}

/// A pipeline spec compiled to what the lanes need.
package struct PipelinePlan: Sendable, Equatable {
  package var name: String
  package var kafka: KafkaStreamConfig
  package var decoder: RecordDecoderConfiguration
  /// Of a program's own events; nil: `decoder` says how records are decoded.
  package var typedDecoder: DecoderFactory?
  package var executor: ExecutorConfiguration
  /// Names of the aggregations in results, in the order of `executor.aggregations`.
  package var memberNames: [String]
  package var scope: KeyScope
  package var guarantee = DeliveryGuarantee.atLeastOnce
  package var errors = ErrorPolicy()
  package var parallelism = 1
  /// Most records in one batch.
  package var bufferSize = 10_000
  package var startAt = StartPosition.earliest
  /// nil: the run has no end.
  package var stopAt: StopPosition?
  /// Milliseconds of polled time without a record before a partition may count as idle.
  package var idleTimeout: Int64 = 60_000
  /// Milliseconds of event time that a partition may be ahead of the slowest one with unread records; further, it is
  /// paused. nil: by the window, with slack (`DriftControl`).
  package var maxDriftMs: Int64?
  /// The time of a result's record is the wall clock's; otherwise it goes by the window.
  package var resultTimestampNow = false
  /// The spec's window, format, key, timestamp and scope as canonical text: part of the signature of checkpoints and offsets.
  package var stateIdentity: String

  package init(
    name: String, kafka: KafkaStreamConfig, decoder: RecordDecoderConfiguration, executor: ExecutorConfiguration,
    memberNames: [String], scope: KeyScope, stateIdentity: String
  ) {
    self.name = name
    self.kafka = kafka
    self.decoder = decoder
    self.executor = executor
    self.memberNames = memberNames
    self.scope = scope
    self.stateIdentity = stateIdentity
  }

  /// How long the brokers let a transaction of a lane be open: no shorter than a delivery may take.
  var transactionTimeoutMs: Int {
    let wished = kafka.producerProperties["transaction.timeout.ms"].flatMap { Int($0) }
    return wished ?? max(15_000, Int(clamping: kafka.deliveryTimeoutMs) + 5_000)
  }

  func makeDecoder() -> any RecordDecoding { typedDecoder?.make() ?? RecordDecoder(decoder) }
}
