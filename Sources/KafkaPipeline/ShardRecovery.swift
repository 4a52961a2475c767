import KafkaClient

/// How a shard starts, from what the group says and what is stored: the load table (docs/delivery.md). Pure.
///
/// Offsets alone cannot tell which checkpoint they belong to, since windows can fire without an offset that moves; the number in
/// the committed text can.
enum ShardRecovery: Equatable {
  /// Where a partition starts that neither a checkpoint nor a text of ours knows.
  enum Start: Equatable {
    /// Where the group says, without windows.
    case offset(Int64)
    /// A partition that appeared later: from its log start.
    case logStart
  }

  enum Copy: Equatable { case head, pending }

  /// How much what the group says is worth.
  enum Answer {
    case asked
    /// It was asked again and again: what it says counts.
    case insisted
    /// From the lane that aborted the last transaction: PENDING was not committed.
    case afterAbort
  }

  /// A stored checkpoint as far as the decision needs it.
  struct Stored: Equatable {
    var n: Int64
    var signature: String
    var partitions: Set<TopicPartition>
  }

  /// From a stored checkpoint; PENDING becomes HEAD first. `starts`: of partitions that it does not know. The next one is `nextN`.
  case stored(Copy, nextN: Int64, starts: [TopicPartition: Start])
  /// From the log: the stored copies, if there are any, are of another time.
  case rebuild(ShardRebuild, nextN: Int64, starts: [TopicPartition: Start])
  /// Without windows. `lacksWindows`: there were some, and they cannot be had again.
  case empty(nextN: Int64, starts: [TopicPartition: Start], lacksWindows: Bool)
  /// This cannot be the group's last word: it is to be asked again.
  case outdated
  case refused(PipelineFailure)

  /// `committed`: of every partition of the shard. At the very start they carry number 0 and say where `start_at` is.
  static func decide(
    shard: Int32, committed: [PartitionOffset], head: Stored?, pending: Stored?, storeID: String, signature: String,
    guarantee: DeliveryGuarantee, answer: Answer
  ) -> ShardRecovery {
    let table = LoadTable(
      shard: shard, entries: committed.map { LoadTable.Entry($0, signature: signature) }, head: head, pending: pending,
      storeID: storeID, guarantee: guarantee, answer: answer)
    if let head, head.signature != signature { return .refused(LoadTable.otherIdentity(shard)) }
    if answer == .asked, table.isOutdated { return .outdated }
    return head == nil ? table.withoutHead() : table.withHead()
  }
}
