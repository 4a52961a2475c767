/// One page of a slice's memory.
struct Page {
  /// The page differs from the last snapshot.
  static let dirty: UInt8 = 1
  /// Rows of the page were changed by late records and not yet emitted again.
  static let changed: UInt8 = 2

  var base: UnsafeMutableRawPointer
  /// Bytes in use from the page's start.
  var used: Int32
  /// Pages of the block that begins here: 1 for a page of its own, more where one long key needs several that adjoin, 0 inside
  /// such a block.
  var run: Int32
  var flags: UInt8
}
