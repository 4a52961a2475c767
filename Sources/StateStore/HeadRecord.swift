/// The valid copy of a shard, as its row in `head` describes it.
struct HeadRecord: Equatable {
  var n: Int64
  var pageCount: Int64 = 0
  /// Wrapping sum of the hashes of all pages.
  var pageSum: UInt64 = 0
  var bodyHash: UInt64 = 0
}
