/// The rows that describe the copies of all shards; `root` vouches for their number and hashes.
struct StoredRecords: Equatable {
  var heads: [Int32: HeadRecord] = [:]
  var pending: [Int32: PendingRecord] = [:]

  var count: Int { heads.count + pending.count }

  /// Wrapping sum of the hashes of all rows.
  var sum: UInt64 {
    let ofHeads = heads.reduce(into: UInt64(0)) { $0 &+= CheckpointHash.head(shard: $1.key, $1.value) }
    return pending.reduce(into: ofHeads) { $0 &+= CheckpointHash.pending(shard: $1.key, $1.value) }
  }

  /// The largest number that was given to a copy of that shard.
  func lastN(_ shard: Int32) -> Int64 { max(heads[shard]?.n ?? 0, pending[shard]?.n ?? 0) }
}
