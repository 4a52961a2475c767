import KafkaPipeline
import PipelineSpec
import RecordCodec

/// Why the next window of a pipeline has not come out: pure, from what its lanes say.
struct Explanation: Sendable, Equatable {
  enum Reason: String, Sendable, CaseIterable {
    /// No record came since the pipeline began; its watermark is minus infinity.
    case noRecordYet = "no_record_yet"
    /// Everything before a transaction that has not ended is read, and nothing behind it is before it has.
    case openTransaction = "open_transaction"
    /// Records are there that were not read yet.
    case unread
    /// Everything is read, and nothing newer came.
    case nothingNewer = "nothing_newer"
    /// Its end is not known, so it cannot be taken for idle.
    case endUnknown = "end_unknown"
  }

  struct Holder: Sendable, Equatable {
    var topic: String
    var partition: Int32
    var watermarkMs: Int64?
    var reason: Reason
    /// Unix ms.
    var since: Int64?
    var message: String
  }

  var summary = ""
  var watermarkMs: Int64?
  /// Of the first window that waits; `startMs` where windows have a fixed size.
  var nextWindow: (startMs: Int64?, endMs: Int64)?
  var heldBy: [Holder] = []
  var releases: [String] = []
  /// Unix ms.
  var expectedAt: Int64?

  var behindMs: Int64? {
    guard let nextWindow, let watermarkMs else { return nil }
    return max(0, Self.difference(nextWindow.endMs, watermarkMs))
  }

  static func == (a: Explanation, b: Explanation) -> Bool {
    a.summary == b.summary && a.watermarkMs == b.watermarkMs && a.nextWindow?.endMs == b.nextWindow?.endMs && a.heldBy == b.heldBy
      && a.releases == b.releases && a.expectedAt == b.expectedAt
  }

  /// `samples`: of the last minute, oldest first.
  init(_ pipeline: PipelineSnapshot, _ samples: [StatsSample]) {
    watermarkMs = pipeline.stats.watermarkMs
    let phase = pipeline.lifecycle.phase
    guard phase == .running || phase == .paused, let lanes = pipeline.status?.lanes, let compiled = pipeline.spec?.compiled else {
      explainPhase(pipeline)
      return
    }
    if phase == .paused {
      summary = "the pipeline is paused, so nothing is read and no window comes out"
      releases = ["resume the pipeline"]
    }
    if let trouble = Self.trouble(pipeline.health) {
      (summary, releases) = (trouble.summary, [trouble.release])
      return
    }
    let shards = lanes.flatMap(\.shards)
    guard let shard = shards.filter({ $0.nextWindowEnd != nil }).min(by: { ($0.nextWindowEnd ?? 0) < ($1.nextWindowEnd ?? 0) }),
      let end = shard.nextWindowEnd
    else {
      if phase == .running { explainNothingDue(shards, compiled.window) }
      return
    }
    watermarkMs = shard.watermarkMs
    nextWindow = (Self.start(ofEnd: end, compiled.window), end)
    if phase == .paused { return }
    let partitions = lanes.flatMap(\.partitions).filter { $0.shard == shard.number }
    explain(end, partitions, compiled.idleTimeoutMs, compiled.maxDelayMs, pipeline, samples)
  }

  /// What keeps every window from coming out. What makes results wrong comes before what makes them late.
  private static func trouble(_ health: Health) -> (summary: String, release: String)? {
    let bad = health.conditions.filter(\.isBad)
    for kind in [HealthCondition.Kind.inputComplete, .brokersReachable, .sinkDelivering, .progressing] {
      guard let condition = bad.first(where: { $0.kind == kind }) else { continue }
      let release: String? =
        switch (kind, condition.reason) {
        case (_, "TopicMissing"): "create the topic"
        case (_, "TopicDenied"): "allow these credentials to see the topic"
        case (_, "NoLeader"), (.brokersReachable, _): "the return of the brokers"
        case (.inputComplete, _): "stop the other members of the group, or use the key scope partition"
        case (.sinkDelivering, _): "brokers that take the results"
        case (_, "EveryRecordBad"): "records that can be decoded, or a spec that fits them"
        // Which partition stands still is told by who holds the window.
        default: nil
        }
      if let release { return (condition.message, release) }
    }
    return nil
  }

  private mutating func explainPhase(_ pipeline: PipelineSnapshot) {
    let lifecycle = pipeline.lifecycle
    let why = pipeline.lastError.map { ": \($0.message)" } ?? ""
    switch lifecycle.phase {
    case .stopped, .completed:
      summary = "the pipeline is \(lifecycle.phase.rawValue); windows that were open wait in its checkpoint"
      releases = ["start the pipeline"]
    case .failed:
      summary = "the pipeline has failed\(why)"
      releases = [pipeline.lastError?.advice ?? "start the pipeline"]
    case .backoff:
      summary = "the last attempt failed\(why)"
      releases = ["the next attempt" + (lifecycle.nextRetryAt.map { ", at \(RFC3339.text(milliseconds: $0))" } ?? "")]
      expectedAt = nil
    case .starting:
      summary = "the pipeline is starting" + (pipeline.status?.waitingFor.map { "; it waits for \($0)" } ?? "") + why
      releases = ["the end of the start"]
    case .stopping, .deleting: summary = "the pipeline is \(lifecycle.phase.rawValue)"
    case .running, .paused: summary = "nothing is known of its lanes yet"
    }
  }

  private mutating func explainNothingDue(_ shards: [ShardStatus], _ window: SpecWindow) {
    let open = shards.reduce(0) { $0 + $1.openWindows }
    if open == 0 {
      summary = "no window is open: no record has come, or everything that came is out"
      releases = ["a record that is not late"]
      return
    }
    if case .count(let count, let maxAge) = window {
      summary = "\(open) windows wait for their \(count)th record of a key"
      releases = ["more records of the same key"] + (maxAge.map { ["\($0) ms after the first record of the window"] } ?? [])
      return
    }
    summary = "\(open) sessions are open"
    releases = ["a watermark beyond the end of a session: its last record and the gap"]
  }

  private mutating func explain(
    _ end: Int64, _ partitions: [PartitionStatus], _ idleTimeoutMs: Int64, _ maxDelay: Int64, _ pipeline: PipelineSnapshot, _ samples: [StatsSample]
  ) {
    let now = pipeline.now
    let time = RFC3339.text(milliseconds: end)
    if partitions.allSatisfy(\.idle), !partitions.isEmpty, let watermarkMs {
      summary = "every partition is idle, so event time goes on with the wall clock; the window that ends at \(time) comes out when it gets there"
      releases = ["the passing of time", "new records"]
      expectedAt = Self.time(now, plus: Double(Self.difference(end, watermarkMs)))
      return
    }
    let holding = partitions.filter { !$0.idle && ($0.watermarkMs ?? .min) < end }
    heldBy = holding.map { Self.holder($0, pipeline, idleTimeoutMs) }
    guard let first = heldBy.min(by: { ($0.watermarkMs ?? .min) < ($1.watermarkMs ?? .min) }) else {
      summary = "the window that ends at \(time) is on its way out"
      return
    }
    let others = heldBy.count > 1 ? " and \(heldBy.count - 1) more" : ""
    summary = "the window that ends at \(time) waits for \(first.topic)/\(first.partition)\(others): \(first.message)"
    let (needed, overflow) = end.addingReportingOverflow(maxDelay)
    if !overflow {
      releases.append("a record with event time \(RFC3339.text(milliseconds: needed)) or later (the window's end and max_delay_ms) in each of them")
    }
    if heldBy.contains(where: { $0.reason == .unread }) { releases.append("the unread records, if their event time goes that far") }
    if heldBy.contains(where: { $0.reason == .openTransaction }) { releases.append("the end of the open transaction, by its producer or by its timeout") }
    if heldBy.contains(where: { $0.reason == .nothingNewer || $0.reason == .noRecordYet }) {
      releases.append("\(idleTimeoutMs) ms without a record (idle_timeout_ms), after which a partition with nothing unread holds nothing back")
    }
    expectedAt = expectation(end, idleTimeoutMs, pipeline, samples)
  }

  private static func holder(_ partition: PartitionStatus, _ pipeline: PipelineSnapshot, _ idleTimeoutMs: Int64) -> Holder {
    let lag = partition.end.flatMap { end in partition.position.map { max(0, difference(end, $0)) } }
    let since = partition.openTransactionSince ?? partition.lastRecordAt ?? pipeline.lifecycle.runningSince
    let (reason, message): (Reason, String) =
      switch (lag, partition.lastRecordAt) {
      case (let lag?, _) where lag > 0 && partition.openTransactionSince != nil:
        (.openTransaction, "a transaction in it has not ended, so what follows from offset \(partition.position ?? 0) on (\(lag) unread) is not read")
      case (nil, nil): (.noRecordYet, "no record has come from it, and the brokers have not said where its log ends")
      case (nil, _): (.endUnknown, "the brokers have not said where its log ends")
      case (let lag?, _) where lag > 0: (.unread, "\(lag) of its records are unread")
      case (_, nil): (.noRecordYet, "no record has come from it")
      default: (.nothingNewer, "everything in it is read, and nothing newer came")
      }
    return Holder(
      topic: partition.topic, partition: partition.partition, watermarkMs: partition.watermarkMs, reason: reason, since: since, message: message)
  }

  /// At the rate of the last minute, or when the quiet partitions count as idle, whichever is known and comes first.
  private func expectation(_ end: Int64, _ idleTimeoutMs: Int64, _ pipeline: PipelineSnapshot, _ samples: [StatsSample]) -> Int64? {
    var candidates: [Int64] = []
    if let first = samples.first(where: { $0.watermarkMs != nil }), let before = first.watermarkMs, let watermarkMs, watermarkMs > before,
      pipeline.now > first.at
    {
      let perMs = Double(Self.difference(watermarkMs, before)) / Double(pipeline.now - first.at)
      let wait = Double(Self.difference(end, watermarkMs)) / perMs
      if let time = Self.time(pipeline.now, plus: wait) { candidates.append(time) }
    }
    // Only if nothing but quiet partitions holds it.
    if heldBy.allSatisfy({ $0.reason == .nothingNewer || $0.reason == .noRecordYet }), let last = heldBy.compactMap(\.since).max() {
      candidates.append(max(pipeline.now, Self.difference(last, -idleTimeoutMs)))
    }
    return candidates.min()
  }

  private static func start(ofEnd end: Int64, _ window: SpecWindow) -> Int64? {
    switch window {
    case .aligned(let size): difference(end, size)
    case .session, .count: nil
    }
  }

  /// Clamped: records say what their event time is, and so what a watermark is.
  private static func difference(_ a: Int64, _ b: Int64) -> Int64 {
    let (difference, overflow) = a.subtractingReportingOverflow(b)
    return overflow ? (b < 0 ? .max : .min) : difference
  }

  /// nil: too far away to be told.
  private static func time(_ now: Int64, plus waitMs: Double) -> Int64? {
    waitMs < 1e15 ? now + Int64(max(0, waitMs)) : nil
  }
}
