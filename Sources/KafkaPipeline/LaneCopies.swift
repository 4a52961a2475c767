import KafkaClient
import StateStore

/// The copies of a lane's shards on their way to the store, and their offsets on their way to the group.
struct LaneCopies {
  var checkpoints: [ShardCheckpoint] = []
  var offsets: [PartitionOffset] = []
  /// Number of each shard's copy.
  var numbers: [Int32: Int64] = [:]
  /// Who the lane was in its group when the copies were made.
  var group: GroupMetadata?
}
