/// What one commit changes in one shard.
package struct ShardCheckpoint: Sendable {
  package var shard: Int32
  /// Above the shard's last one, and above 0.
  package var n: Int64
  /// Replaces the stored body.
  package var body: [UInt8]
  /// Replace the stored pages of the same name; the others stay.
  package var pages: [StoredPage]
  /// All pages of these slices go, before `pages` come in.
  package var removedSlices: [Int64]
  /// True: nothing stored of this shard stays but what is in here.
  package var isFull: Bool

  package init(shard: Int32, n: Int64, body: [UInt8], pages: [StoredPage], removedSlices: [Int64], isFull: Bool) {
    self.shard = shard
    self.n = n
    self.body = body
    self.pages = pages
    self.removedSlices = removedSlices
    self.isFull = isFull
  }
}
