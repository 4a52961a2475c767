import KafkaClient

@testable import KafkaPipeline

/// What a lane's commit thread is at, or what is left of it under way when nobody waits any more.
struct SimCall {
  enum Kind {
    /// `asHead`: planted.
    case store([SimDisk.Copy], asHead: Bool)
    case promote([Int: Int64])
    case commitOffsets([PartitionOffset])
    case sendOffsets([PartitionOffset])
    case commitTransaction
    case abort
  }

  var kind: Kind
  var daemon: Int
  /// Of the store's shards.
  var owner: Int
  var instance: Int
  var epoch: Int
  /// Who the lane was when the copies were made.
  var identity: SimIdentity
  /// What the lane will hear; nil: not done yet.
  var answer: CommitProtocol.Event?
}
