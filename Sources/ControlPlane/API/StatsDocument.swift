import KafkaPipeline
import RecordCodec

/// KafkaStreamStats as JSON: flat, counters since the daemon came up, over all attempts.
enum StatsDocument {
  /// `partitions`: with what each partition says.
  static func document(_ pipeline: PipelineSnapshot, partitions: Bool = true) -> JSONValue {
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
        "dead_lettered": counts(stats.deadLettered),
      ],
      "watermark_ms": PipelineDocument.integer(stats.watermarkMs),
      "partitions": partitions ? .array(lanes.flatMap(\.partitions).map(PipelineDocument.partition)) : .null,
      "open_windows": .integer(Int64(stats.openWindows)),
      "keys": .integer(Int64(stats.keys)),
      "state_bytes": .integer(Int64(stats.stateBytes)),
      "windows_fired": .integer(stats.windowsFired),
      "checkpoint": checkpoint(pipeline),
      "checkpoints": .integer(stats.checkpoints),
      "checkpoint_errors": .integer(stats.checkpointErrors),
      "leaked_clients": .integer(Int64(pipeline.leakedClients)),
      "rebuild": PipelineDocument.rebuild(rebuild(lanes)),
      "rates": rates(pipeline),
      "latency": [
        "close_to_delivered": latency(pipeline.recentSinceFired, stats.sinceFired),
        "event_to_delivered": latency(pipeline.recentSinceEvent, stats.sinceEvent),
      ],
      "since_created": totals(pipeline.sinceCreated),
    ]
  }

  /// Bounds of the buckets that a dashboard gets, ms.
  private static let bounds: [Int64] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 3_600_000]

  /// Quantiles of the last one to two minutes; counts since the daemon came up.
  private static func latency(_ recent: LatencyHistogram, _ all: LatencyHistogram) -> JSONValue {
    // Of hundreds of pipelines most do not run: theirs is made once.
    all == none && recent == none ? noLatency : document(recent, all)
  }

  private static let none = KafkaStreamStats().sinceFired
  private static let noLatency = document(none, none)

  private static func document(_ recent: LatencyHistogram, _ all: LatencyHistogram) -> JSONValue {
    [
      "p50_ms": PipelineDocument.integer(recent.quantile(0.5)), "p99_ms": PipelineDocument.integer(recent.quantile(0.99)),
      "max_ms": recent.count == 0 ? .null : .integer(recent.largest), "count": .integer(all.count), "sum_ms": .integer(all.sum),
      "buckets": .array(bounds.map { ["le_ms": .integer($0), "count": .integer(all.countAtMost($0))] }),
    ]
  }

  private static func totals(_ totals: StatsTotals) -> JSONValue {
    [
      "messages_consumed": .integer(totals.messagesConsumed), "messages_produced": .integer(totals.messagesProduced),
      "consume_errors": .integer(totals.consumeErrors), "produce_errors": .integer(totals.produceErrors),
      "late_dropped": .integer(totals.lateDropped), "windows_fired": .integer(totals.windowsFired), "checkpoints": .integer(totals.checkpoints),
    ]
  }

  static func history(_ name: String, _ samples: [StatsSample]) -> JSONValue {
    var items: [JSONValue] = []
    for (before, sample) in zip(samples, samples.dropFirst()) {
      let seconds = Double(max(1, sample.steadyAt - before.steadyAt)) / 1_000
      let rate = { (now: Int64, then: Int64) -> JSONValue in .double((Double(max(0, now - then)) / seconds * 10).rounded() / 10) }
      items.append([
        "at": PipelineDocument.time(sample.at), "consumed_per_s": rate(sample.consumed, before.consumed),
        "produced_per_s": rate(sample.produced, before.produced), "errors": .integer(max(0, sample.errors - before.errors)),
        "late_dropped": .integer(max(0, sample.lateDropped - before.lateDropped)), "consumer_lag": PipelineDocument.integer(sample.lag),
        "watermark_ms": PipelineDocument.integer(sample.watermarkMs), "keys": .integer(Int64(sample.keys)),
        "state_bytes": .integer(Int64(sample.stateBytes)),
      ])
    }
    return ["name": .string(name), "step_ms": .integer(StatsRing.stepMs), "samples": .array(items)]
  }

  /// Of all lanes that read windows again.
  private static func rebuild(_ lanes: [LaneStatus]) -> ReplayProgress? {
    let replays = lanes.compactMap(\.replay)
    guard !replays.isEmpty else { return nil }
    return ReplayProgress(
      recordsToGo: replays.reduce(0) { $0 + $1.recordsToGo }, secondsToGo: replays.compactMap(\.secondsToGo).max())
  }

  /// The last stored checkpoint.
  static func checkpoint(_ pipeline: PipelineSnapshot) -> JSONValue {
    let stats = pipeline.stats
    guard let at = stats.lastCheckpointAt else { return .null }
    return [
      "at": PipelineDocument.time(at), "age_ms": .integer(max(0, pipeline.now - at)),
      "bytes": .integer(Int64(stats.lastCheckpointBytes)), "duration_ms": .integer(stats.lastCheckpointMs),
      "pause_ms": .integer(stats.lastCheckpointPauseMs), "longest_pause_ms": .integer(stats.longestCheckpointPauseMs),
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
