import KafkaClient

/// The rows of the load table. The row is chosen over the partitions that HEAD or any text of ours knows; others are new.
struct LoadTable {
  struct Entry {
    var partition: TopicPartition
    var offset: Int64?
    /// nil: no text, not ours, or one of another meaning of the pipeline: another cluster, window, key, timestamp or scope.
    var text: OffsetText?

    init(_ committed: PartitionOffset, signature: String) {
      partition = committed.partition
      offset = committed.offset
      let text = committed.offset == nil ? nil : OffsetText(committed.metadata)
      self.text = text?.signature == signature ? text : nil
    }
  }

  let shard: Int32
  let entries: [Entry]
  let head: ShardRecovery.Stored?
  let pending: ShardRecovery.Stored?
  let storeID: String
  let guarantee: DeliveryGuarantee
  let answer: ShardRecovery.Answer

  private var texts: [OffsetText] { entries.compactMap(\.text) }
  /// Never used twice for a shard.
  private var nextN: Int64 { ([head?.n ?? 0, pending?.n ?? 0] + texts.map(\.n)).reduce(0, max) + 1 }

  /// Numbers of a shard rise, and HEAD moves only once the group has its number, so an answer with a lower one, or none at all, is of
  /// an earlier time. Kafka 4.3.1 gives such answers after a broker was killed, for a moment or until its next start. It is also what is
  /// left once offsets have expired or were deleted; only time can tell.
  var isOutdated: Bool {
    guard let head else { return false }
    return texts.isEmpty ? entries.allSatisfy { $0.offset == nil } : texts.contains { $0.n < head.n }
  }

  func withoutHead() -> ShardRecovery {
    guard let text = texts.first else {
      // A PENDING that the group knows nothing of was never committed.
      return .empty(nextN: nextN, starts: starts { _ in true }, lacksWindows: false)
    }
    if disagree { return .refused(Self.movedOutside(shard, "the partitions of shard \(shard) disagree about their checkpoint")) }
    if text.storeID == storeID, text.n == pending?.n { return stored(.pending) }
    return rebuild(text)
  }

  func withHead() -> ShardRecovery {
    guard let head else { return withoutHead() }
    if let moved = entries.first(where: { $0.offset != nil && $0.text == nil && head.partitions.contains($0.partition) }) {
      return .refused(
        Self.movedOutside(shard, "the group's offset of \(moved.partition.topic)/\(moved.partition.partition) was set by another tool"))
    }
    guard let text = texts.first else {
      if pending == nil || answer == .afterAbort || guarantee == .atLeastOnce { return stored(.head) }
      var failure = Self.movedOutside(shard, "the group's offsets of shard \(shard) are gone while a transaction of it was under way")
      failure.advice = "If that transaction was not committed, PATCH .../offsets {\"from\": \"checkpoint\"} goes on from the checkpoint before it; else replace the pipeline with ?state=discard."
      return .refused(failure)
    }
    if disagree || entries.contains(where: { $0.offset == nil && head.partitions.contains($0.partition) }) {
      return .refused(Self.movedOutside(shard, "the partitions of shard \(shard) disagree about their checkpoint"))
    }
    if text.storeID == storeID {
      if text.n == pending?.n, answer != .afterAbort { return stored(.pending) }
      if text.n == head.n { return stored(.head) }
    }
    // What the group forgot was committed all the same: to go on from before it would put results out twice. At least once they must
    // come again, since another member may have sent older copies of them meanwhile (decision 0015).
    if guarantee == .exactlyOnce, text.n < head.n { return stored(.head) }
    return rebuild(text)
  }

  /// Every commit covers every partition of the shard with the same number.
  private var disagree: Bool { texts.contains { $0.storeID != texts[0].storeID || $0.n != texts[0].n } }

  private func stored(_ copy: ShardRecovery.Copy) -> ShardRecovery {
    let known = (copy == .head ? head : pending)?.partitions ?? []
    return .stored(copy, nextN: nextN, starts: starts { !known.contains($0.partition) })
  }

  private func rebuild(_ text: OffsetText) -> ShardRecovery {
    // Windows that cannot be read again, such as count windows, are lost. At the very start there are none.
    let lacksWindows = texts.contains { $0.replayFrom == nil }
    if lacksWindows || text.n == 0 { return .empty(nextN: nextN, starts: starts { _ in true }, lacksWindows: lacksWindows) }
    var plan = ShardRebuild(ranges: [:], watermark: nil, largestRevision: 0)
    for entry in entries {
      guard let text = entry.text, let offset = entry.offset, let from = text.replayFrom else { continue }
      plan.ranges[entry.partition] = ShardRebuild.Range(from: min(from, offset), to: offset, watermark: text.partitionWatermark)
      plan.watermark = [plan.watermark, text.shardWatermark].compactMap { $0 }.max()
      plan.largestRevision = max(plan.largestRevision, text.largestRevision)
    }
    return .rebuild(plan, nextN: nextN, starts: starts { $0.text == nil })
  }

  /// Of partitions that no checkpoint knows.
  private func starts(_ isNew: (Entry) -> Bool) -> [TopicPartition: ShardRecovery.Start] {
    var starts: [TopicPartition: ShardRecovery.Start] = [:]
    for entry in entries where isNew(entry) {
      starts[entry.partition] = entry.offset.map { .offset($0) } ?? .logStart
    }
    return starts
  }

  static func otherIdentity(_ shard: Int32) -> PipelineFailure {
    PipelineFailure(
      code: "state.other_identity", fault: .external, retryable: false,
      message: "the stored windows of shard \(shard) belong to another cluster, window, key or timestamp",
      advice: "Put the spec or the cluster back as it was, or replace the pipeline with ?state=discard to start without the old windows.")
  }

  static func movedOutside(_ shard: Int32, _ what: String) -> PipelineFailure {
    PipelineFailure(
      code: "state.offsets_moved_outside", fault: .external, retryable: false, message: "\(what), but windows of shard \(shard) are stored here",
      advice: "Delete the group's offsets to go on from the stored checkpoint, or replace the pipeline with ?state=discard to start at the group's offsets without its windows.")
  }
}
