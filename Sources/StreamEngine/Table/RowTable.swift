typealias TablePointer = UnsafeMutablePointer<RowTable>

/// A table from keys to rows of accumulators.
///
/// Keys are looked up in an open-addressing table with linear probing. An entry is the key's 32-bit hash (high half) and its row
/// number + 1 (low half), 0 for a free one; the hash alone gives the place, so growing the table reads no key. Rows are numbered in
/// order of their first record and stand in pages of `RowAddressing.mask + 1`; rows never move. Where rows go one by one (sessions),
/// their numbers are used again. An empty key has no bytes and the address 0, 0.
struct RowTable {
  static let firstCapacity = 16

  var entries: UnsafeMutablePointer<UInt64>
  var mask: Int
  /// Keys in the table.
  var keyCount = 0
  /// Rows made so far, those given up included.
  var rowCount = 0
  /// Numbers of rows that were given up.
  var freeRows: [UInt32] = []
  var rowPages: PageList
  var keys: ByteArena
  /// What does not fit into a row: sketches, sets, texts.
  var blobs: ByteArena
  /// Flags that a record sets in its row.
  var touch: UInt16 = 0
  /// Flags that some row has.
  var changes: UInt16 = 0

  /// Bytes of a table before its first row.
  static var emptyBytes: Int {
    MemoryLayout<RowTable>.stride + firstCapacity * 8 + PageList.firstBytes + 2 * ByteArena.firstBytes
  }

  static func make(memory: StateMemory) throws(StateLimitExceeded) -> TablePointer {
    try memory.reserve(emptyBytes)
    return makeReserved()
  }

  /// The one table of an executor comes with it, whatever the limit.
  static func makeUnchecked(memory: StateMemory) -> TablePointer {
    memory.addUnchecked(emptyBytes)
    return makeReserved()
  }

  private static func makeReserved() -> TablePointer {
    let entries = UnsafeMutablePointer<UInt64>.allocate(capacity: firstCapacity)
    entries.initialize(repeating: 0, count: firstCapacity)
    let table = TablePointer.allocate(capacity: 1)
    table.initialize(
      to: RowTable(entries: entries, mask: firstCapacity - 1, rowPages: PageList(), keys: ByteArena(), blobs: ByteArena()))
    return table
  }

  /// Gives everything back.
  static func free(_ table: TablePointer, _ rows: RowAddressing, memory: StateMemory) {
    for page in 0..<table.pointee.rowPages.count { memory.give(table.pointee.rowPages.pages[page].base, rows.pageBytes) }
    table.pointee.rowPages.free(memory: memory)
    table.pointee.keys.free(memory: memory)
    table.pointee.blobs.free(memory: memory)
    table.pointee.entries.deallocate()
    memory.release(MemoryLayout<RowTable>.stride + (table.pointee.mask + 1) * 8)
    table.deinitialize(count: 1)
    table.deallocate()
  }

  @inline(__always)
  func row(_ number: Int, _ rows: RowAddressing) -> UnsafeMutableRawPointer {
    rowPages.pages[number >> rows.shift].base + (number & rows.mask) * rows.width
  }

  /// Rows in use.
  var liveRows: Int { rowCount - freeRows.count }

  /// The bytes of a row's key; for an empty key some valid address.
  @inline(__always)
  func key(ofRow row: UnsafeMutableRawPointer) -> UnsafePointer<UInt8> {
    guard row.rowKeyLength > 0 else { return UnsafePointer(row.assumingMemoryBound(to: UInt8.self)) }
    let page = Int(row.load(fromByteOffset: RowHeader.keyPage, as: UInt32.self))
    let offset = Int(row.load(fromByteOffset: RowHeader.keyOffset, as: UInt16.self))
    return UnsafePointer((keys.pages[page].base + offset).assumingMemoryBound(to: UInt8.self))
  }

  /// The row's page differs from the last snapshot.
  @inline(__always)
  func markDirty(_ number: Int, _ rows: RowAddressing) {
    rowPages.pages[number >> rows.shift].flags |= Page.dirty
  }
}
