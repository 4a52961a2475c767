import KafkaPipeline

/// A pipeline's figures at one moment, for rates and for the history of its stats.
package struct StatsSample: Sendable {
  /// Steady ms.
  var steadyAt: Int64
  /// Unix ms.
  package var at: Int64
  package var consumed: Int64
  package var produced: Int64
  package var errors: Int64
  package var lateDropped: Int64
  package var lag: Int64?
  package var watermarkMs: Int64?
  package var keys: Int
  package var stateBytes: Int

  init(_ stats: KafkaStreamStats, at: Int64, steadyAt: Int64) {
    self.at = at
    self.steadyAt = steadyAt
    consumed = stats.messagesConsumed
    produced = stats.messagesProduced
    errors = stats.consumeErrors + stats.produceErrors
    lateDropped = stats.lateDropped
    lag = stats.consumerLag
    watermarkMs = stats.watermarkMs
    keys = stats.keys
    stateBytes = stats.stateBytes
  }
}
