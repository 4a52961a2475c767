/// A shard as its last commit left it; pages in order of slice, kind, number.
package struct StoredShard: Sendable, Equatable {
  package var n: Int64
  package var body: [UInt8]
  package var pages: [StoredPage]

  package init(n: Int64, body: [UInt8], pages: [StoredPage]) {
    self.n = n
    self.body = body
    self.pages = pages
  }
}
