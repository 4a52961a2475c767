/// A stored copy of a shard without its pages, checked: what tells whether it is the one wanted.
package struct ShardOutline: Sendable, Equatable {
  package var n: Int64
  package var body: [UInt8]
}

/// The copies of a shard that are stored.
package struct ShardOutlines: Sendable, Equatable {
  /// The valid one.
  package var head: ShardOutline?
  /// A later one, whole on the disk, that is not valid before `promote`.
  package var pending: ShardOutline?
}
