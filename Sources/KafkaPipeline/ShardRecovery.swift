import KafkaClient

/// How a shard starts: the rows of the load table that can occur with one daemon. Pure.
///
/// Offsets alone cannot tell which checkpoint they belong to, since windows can fire without an offset that moves; the number in
/// the committed text can.
enum ShardRecovery: Equatable {
  /// Where a partition without a checkpoint starts.
  enum Start: Equatable {
    case offset(Int64)
    /// As the spec's `start_at` says.
    case startAt
    /// A partition that appeared after the shard's first checkpoint: from its log start.
    case logStart
  }

  /// From the stored checkpoint; partitions that it does not know start at their log start. The next checkpoint is `nextN`.
  case stored(nextN: Int64)
  /// Without windows.
  case empty(nextN: Int64, starts: [TopicPartition: Start])
  case refused(PipelineFailure)

  /// The stored checkpoint as far as the decision needs it.
  struct Head: Equatable {
    var n: Int64
    var signature: String
    var partitions: Set<TopicPartition>
  }

  /// `isNewPipeline`: nothing of it was stored before this attempt. Otherwise a shard without a checkpoint is one of partitions
  /// that appeared later.
  static func decide(
    shard: Int32, committed: [PartitionOffset], head: Head?, storeID: String, signature: String, isNewPipeline: Bool
  ) -> ShardRecovery {
    let texts = committed.map { OffsetText($0.metadata) }
    let ours = texts.compactMap { $0 }
    let foreign = zip(committed, texts).filter { $0.0.offset != nil && $0.1 == nil }.map(\.0)
    if let head {
      if head.signature != signature {
        return .refused(
          failure("state.other_identity", "the stored windows belong to another cluster, window, key or timestamp",
            "Put the spec back as it was, or replace it with ?state=discard to start without the old windows."))
      }
      if let moved = foreign.first(where: { head.partitions.contains($0.partition) }) {
        return .refused(movedOutside(moved.partition))
      }
      for text in ours where text.storeID != storeID || text.n > head.n || text.signature != signature {
        return .refused(stateLost(shard, text, storeID))
      }
      return .stored(nextN: head.n + 1)
    }
    for text in ours where text.signature == signature && text.storeID != storeID {
      return .refused(stateLost(shard, text, storeID))
    }
    var starts: [TopicPartition: Start] = [:]
    for (entry, text) in zip(committed, texts) {
      // Our own text without its windows: a pipeline of this name was deleted here and made anew. Going on at its offsets would
      // give figures over a part of the records, so it starts over. Offsets of another consumer, or of an earlier meaning of this
      // pipeline, are where it starts, empty.
      let startsOver = text?.signature == signature
      let fresh: Start = isNewPipeline ? .startAt : .logStart
      starts[entry.partition] = startsOver ? .startAt : entry.offset.map { .offset($0) } ?? fresh
    }
    return .empty(nextN: (ours.map(\.n).max() ?? 0) + 1, starts: starts)
  }

  private static func movedOutside(_ partition: TopicPartition) -> PipelineFailure {
    failure(
      "state.offsets_moved_outside",
      "the group's offset of \(partition.topic)/\(partition.partition) was set by another tool, but windows are stored here",
      "Delete the group's offsets to go on from the stored checkpoint, or replace the pipeline with ?state=discard to start at the group's offsets without its windows.")
  }

  private static func stateLost(_ shard: Int32, _ text: OffsetText, _ storeID: String) -> PipelineFailure {
    let why =
      text.storeID == storeID
      ? "the group's offsets belong to checkpoint \(text.n) of shard \(shard), which is not stored here (any more)"
      : "the group's offsets belong to checkpoint \(text.n) of shard \(shard) in another data folder"
    return failure(
      "state.not_here", why,
      "Use the data folder that wrote it, choose another kafka.group_id, or delete the group's offsets; reading the windows again from the log is not built yet.")
  }

  private static func failure(_ code: String, _ message: String, _ advice: String) -> PipelineFailure {
    PipelineFailure(code: code, fault: .external, retryable: false, message: message, advice: advice)
  }
}
