import KafkaPipeline
import RecordCodec

/// KafkaStreamStats as JSON: flat, counters since the daemon came up, over all attempts.
enum StatsDocument {
  static func document(_ pipeline: PipelineSnapshot) -> JSONValue {
    let stats = pipeline.stats
    let lanes = pipeline.hasAttempt ? pipeline.status?.lanes ?? [] : []
    return [
      "name": .string(pipeline.name),
      "phase": .string(pipeline.lifecycle.phase.rawValue),
      "health": .string(pipeline.health.level.rawValue),
      "uptime_ms": .integer(pipeline.lifecycle.runningSince.map { max(0, pipeline.now - $0) } ?? 0),
      "messages_consumed": .integer(stats.messagesConsumed),
      "messages_produced": .integer(stats.messagesProduced),
      "consumer_lag": PipelineDocument.integer(stats.consumerLag),
      "consume_errors": .integer(stats.consumeErrors),
      "produce_errors": .integer(stats.produceErrors),
      "offsets_committed": .integer(stats.offsetsCommitted),
      "commit_errors": .integer(stats.commitErrors),
      "committed_offsets": committed(stats.committedOffsets),
      "records": [
        "on_time": .integer(stats.onTime),
        "late_accepted": .integer(stats.lateAccepted),
        "late_dropped": .integer(stats.lateDropped),
        "filtered": .integer(stats.filtered),
        "skipped": counts(stats.skipped),
        // Dead letters come with a later version; the ledger has its place for them.
        "dead_lettered": .object([]),
      ],
      "watermark_ms": PipelineDocument.integer(stats.watermarkMs),
      "partitions": .array(lanes.flatMap(\.partitions).map(PipelineDocument.partition)),
      "open_windows": .integer(Int64(stats.openWindows)),
      "keys": .integer(Int64(stats.keys)),
      "state_bytes": .integer(Int64(stats.stateBytes)),
      "windows_fired": .integer(stats.windowsFired),
      "checkpoint": checkpoint(pipeline),
      "checkpoints": .integer(stats.checkpoints),
      "checkpoint_errors": .integer(stats.checkpointErrors),
      "leaked_clients": .integer(Int64(pipeline.leakedClients)),
      "rates": rates(pipeline),
    ]
  }

  /// The last stored checkpoint.
  static func checkpoint(_ pipeline: PipelineSnapshot) -> JSONValue {
    let stats = pipeline.stats
    guard let at = stats.lastCheckpointAt else { return .null }
    return [
      "at": PipelineDocument.time(at), "age_ms": .integer(max(0, pipeline.now - at)),
      "bytes": .integer(Int64(stats.lastCheckpointBytes)), "duration_ms": .integer(stats.lastCheckpointMs),
    ]
  }

  /// Per second; null until there is something to compare with.
  static func rates(_ pipeline: PipelineSnapshot) -> JSONValue {
    let number = { (rate: Double?) -> JSONValue in rate.map { .double(($0 * 10).rounded() / 10) } ?? .null }
    return [
      "consumed_per_s_10s": number(pipeline.rates10s?.consumed),
      "consumed_per_s_1m": number(pipeline.rates1m?.consumed),
      "produced_per_s_10s": number(pipeline.rates10s?.produced),
      "produced_per_s_1m": number(pipeline.rates1m?.produced),
    ]
  }

  /// Topic -> partition -> offset.
  private static func committed(_ offsets: [String: [Int32: Int64]]) -> JSONValue {
    .object(
      offsets.sorted { $0.key < $1.key }.map { topic, partitions in
        .init(topic, .object(partitions.sorted { $0.key < $1.key }.map { .init(String($0.key), .integer($0.value)) }))
      })
  }

  private static func counts(_ counts: [String: Int64]) -> JSONValue {
    .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) })
  }
}
