/// One page of a table's memory.
struct Page {
  /// The page differs from the last snapshot.
  static let dirty: UInt8 = 1
  /// Some row of the page has a flag of `RowFlags.changes`.
  static let changed: UInt8 = 2

  var base: UnsafeMutableRawPointer
  /// Bytes in use from the page's start.
  var used: Int32
  /// Pages of the block that begins here: 1 for a page of its own, more where one long text needs several that adjoin, 0 inside
  /// such a block.
  var run: Int32
  var flags: UInt8
}
