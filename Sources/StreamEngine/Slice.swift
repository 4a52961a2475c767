typealias SlicePointer = UnsafeMutablePointer<Slice>

/// The state of one slice of event time: a table from keys to rows of accumulators. A tumbling window is one slice.
///
/// Keys are looked up in an open-addressing table with linear probing. An entry is the key's 32-bit hash (high half) and its row
/// number + 1 (low half), 0 for a free one; the hash alone gives the place, so growing the table reads no key. Rows are numbered in
/// order of their first record and stand in pages of `RowLayout.rowsPerPage`; rows never move. The bytes of a key are always
/// contiguous: a key that does not fit into the rest of the current page begins a new one, and a key longer than a page gets a
/// block of adjoining pages of its own. An empty key has no bytes and the address 0, 0.
struct Slice {
  enum Pending {
    case nothing
    /// Every row goes out for the first time.
    case firing
    /// The rows that late records changed go out.
    case revision
  }

  static let firstTableCapacity = 16

  /// Milliseconds; `[start, end)`. The slice is kept until the watermark reaches `expiry`.
  let start: Int64
  let end: Int64
  let expiry: Int64
  /// The watermark has reached `end`.
  var fired: Bool
  var pending = Pending.nothing
  /// Where a drain goes on.
  var drainRow = 0
  /// Some row has `RowLayout.changed`.
  var hasChanges = false
  /// Some snapshot held the slice.
  var stored = false
  var largestRevision = 0
  var rowCount = 0
  var keyBytes = 0
  var table: UnsafeMutablePointer<UInt64>
  var tableMask: Int
  var rowPages: PageList
  var keyPages: PageList
  /// The page that takes the next short key; -1 before the first.
  var openKeyPage = -1
  /// Per input, the smallest offset that went into the slice; Int64.max for none.
  let firstOffsets: UnsafeMutablePointer<Int64>
  let inputs: Int

  /// Bytes of a slice before its first row.
  static func emptyBytes(inputs: Int) -> Int {
    MemoryLayout<Slice>.stride + firstTableCapacity * 8 + 2 * PageList.firstBytes + inputs * 8
  }

  static func make(start: Int64, end: Int64, expiry: Int64, fired: Bool, inputs: Int, memory: StateMemory)
    throws(StateLimitExceeded) -> SlicePointer
  {
    try memory.reserve(emptyBytes(inputs: inputs))
    let table = UnsafeMutablePointer<UInt64>.allocate(capacity: firstTableCapacity)
    table.initialize(repeating: 0, count: firstTableCapacity)
    let offsets = UnsafeMutablePointer<Int64>.allocate(capacity: inputs)
    offsets.initialize(repeating: Int64.max, count: inputs)
    let slice = SlicePointer.allocate(capacity: 1)
    slice.initialize(
      to: Slice(
        start: start, end: end, expiry: expiry, fired: fired, table: table, tableMask: firstTableCapacity - 1,
        rowPages: PageList(), keyPages: PageList(), firstOffsets: offsets, inputs: inputs))
    return slice
  }

  /// Gives everything back.
  static func free(_ slice: SlicePointer, memory: StateMemory) {
    for page in 0..<slice.pointee.rowPages.count { memory.giveRowPage(slice.pointee.rowPages.pages[page]) }
    for number in 0..<slice.pointee.keyPages.count {
      let page = slice.pointee.keyPages.pages[number]
      if page.run > 0 { memory.giveKeyPages(page.base, run: Int(page.run)) }
    }
    slice.pointee.rowPages.free(memory: memory)
    slice.pointee.keyPages.free(memory: memory)
    slice.pointee.table.deallocate()
    slice.pointee.firstOffsets.deallocate()
    memory.release(
      MemoryLayout<Slice>.stride + (slice.pointee.tableMask + 1) * 8 + slice.pointee.inputs * 8)
    slice.deinitialize(count: 1)
    slice.deallocate()
  }

  @inline(__always)
  func row(_ number: Int, _ layout: RowAddressing) -> UnsafeMutableRawPointer {
    rowPages.pages[number >> layout.shift].base + (number & layout.mask) * layout.width
  }

  /// The bytes of a row's key; for an empty key some valid address.
  @inline(__always)
  func key(ofRow row: UnsafeMutableRawPointer) -> UnsafePointer<UInt8> {
    guard row.load(fromByteOffset: RowLayout.keyLength, as: UInt32.self) > 0 else {
      return UnsafePointer(row.assumingMemoryBound(to: UInt8.self))
    }
    let page = Int(row.load(fromByteOffset: RowLayout.keyPage, as: UInt32.self))
    let offset = Int(row.load(fromByteOffset: RowLayout.keyOffset, as: UInt16.self))
    return UnsafePointer((keyPages.pages[page].base + offset).assumingMemoryBound(to: UInt8.self))
  }
}
