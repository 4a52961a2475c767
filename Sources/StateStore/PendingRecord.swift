/// A copy that is stored beside the valid one, as its row in `pending` describes it.
struct PendingRecord: Equatable {
  var n: Int64
  /// Nothing of the valid copy stays; otherwise it is changed by what is here.
  var isFull: Bool
  /// Of its own pages, as in `HeadRecord`.
  var pageCount: Int64 = 0
  var pageSum: UInt64 = 0
  var bodyHash: UInt64
  /// Hash of the list of slices that end with it.
  var removedHash: UInt64
}
