/// What a shard waits for.
package struct ShardStatus: Sendable, Equatable {
  package var number: Int32
  /// nil: minus infinity.
  package var watermarkMs: Int64?
  package var openWindows: Int
  /// End of the first window that waits for the watermark; nil if there is none, or if it is not known without a search.
  package var nextWindowEnd: Int64?
}
