/// What a consumer group wants of a member.
package enum Rebalance: Sendable, Equatable {
  case assigned([TopicPartition])
  /// `lost`: another member may have them already; write nothing.
  case revoked([TopicPartition], lost: Bool)
}
