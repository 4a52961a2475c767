import Glibc

/// Number of the row of a key, or nil.
@inline(__always)
func findRow(
  _ slice: SlicePointer, _ hash: UInt32, _ key: UnsafePointer<UInt8>?, _ length: Int, _ rows: RowAddressing
) -> Int? {
  let table = slice.pointee.table
  let mask = slice.pointee.tableMask
  var place = Int(hash) & mask
  while true {
    let entry = table[place]
    if entry == 0 { return nil }
    if UInt32(truncatingIfNeeded: entry >> 32) == hash {
      let number = Int(entry & 0xffff_ffff) - 1
      let row = slice.pointee.row(number, rows)
      if Int(row.load(fromByteOffset: RowLayout.keyLength, as: UInt32.self)) == length {
        // An empty key has no bytes to compare, and may come as nil.
        guard length > 0, let key else { return number }
        if memcmp(slice.pointee.key(ofRow: row), key, length) == 0 { return number }
      }
    }
    place = (place + 1) & mask
  }
}

/// Adds the row of a key that has none. On an error the slice is as it was, but for room already made.
func addRow(
  _ slice: SlicePointer, _ hash: UInt32, _ key: UnsafePointer<UInt8>?, _ length: Int, _ rows: RowAddressing,
  _ memory: StateMemory
) throws(StateLimitExceeded) -> Int {
  let number = slice.pointee.rowCount
  guard number < rows.maxRows else {
    throw StateLimitExceeded(
      limit: "max_keys", message: "the window that starts at \(slice.pointee.start) has \(number) keys, and that is the limit")
  }
  try makeTableRoom(slice, memory)
  if number >> rows.shift == slice.pointee.rowPages.count {
    try slice.pointee.rowPages.grow(by: 1, memory: memory)
    slice.pointee.rowPages.append(try memory.takeRowPage())
  }
  let address = try addKey(slice, key, length, memory)
  let row = slice.pointee.row(number, rows)
  memset(row, 0, rows.width)
  row.storeBytes(of: UInt32(truncatingIfNeeded: address.page), toByteOffset: RowLayout.keyPage, as: UInt32.self)
  row.storeBytes(of: UInt16(truncatingIfNeeded: address.offset), toByteOffset: RowLayout.keyOffset, as: UInt16.self)
  row.storeBytes(of: UInt32(truncatingIfNeeded: length), toByteOffset: RowLayout.keyLength, as: UInt32.self)
  slice.pointee.rowPages.pages[number >> rows.shift].used += Int32(truncatingIfNeeded: rows.width)
  slice.pointee.rowPages.pages[number >> rows.shift].flags |= Page.dirty
  enterRow(slice, hash, number)
  return number
}

/// Puts the next row into the table, which has room.
func enterRow(_ slice: SlicePointer, _ hash: UInt32, _ number: Int) {
  let mask = slice.pointee.tableMask
  var place = Int(hash) & mask
  while slice.pointee.table[place] != 0 { place = (place + 1) & mask }
  slice.pointee.table[place] = UInt64(hash) << 32 | UInt64(number + 1)
  slice.pointee.rowCount = number + 1
}

/// Doubles the table once it is three quarters full.
func makeTableRoom(_ slice: SlicePointer, _ memory: StateMemory) throws(StateLimitExceeded) {
  let capacity = slice.pointee.tableMask + 1
  guard slice.pointee.rowCount >= capacity / 4 * 3 else { return }
  let wider = capacity * 2
  try memory.reserve(wider * 8)
  let table = UnsafeMutablePointer<UInt64>.allocate(capacity: wider)
  table.initialize(repeating: 0, count: wider)
  let old = slice.pointee.table
  for place in 0..<capacity {
    let entry = old[place]
    guard entry != 0 else { continue }
    var target = Int(entry >> 32) & (wider - 1)
    while table[target] != 0 { target = (target + 1) & (wider - 1) }
    table[target] = entry
  }
  old.deallocate()
  memory.release(capacity * 8)
  slice.pointee.table = table
  slice.pointee.tableMask = wider - 1
}

/// Stores the bytes of a key and says where.
private func addKey(_ slice: SlicePointer, _ key: UnsafePointer<UInt8>?, _ length: Int, _ memory: StateMemory)
  throws(StateLimitExceeded) -> (page: Int, offset: Int)
{
  guard length > 0, let key else { return (0, 0) }
  let pageBytes = StateMemory.pageBytes
  if length > pageBytes {
    let run = (length + pageBytes - 1) / pageBytes
    let first = slice.pointee.keyPages.count
    try slice.pointee.keyPages.grow(by: run, memory: memory)
    let base = try memory.takeKeyPages(run: run)
    memcpy(base, key, length)
    appendKeyPages(slice, base, run: run, bytes: length)
    slice.pointee.keyBytes += length
    return (first, 0)
  }
  var page = slice.pointee.openKeyPage
  if page < 0 || Int(slice.pointee.keyPages.pages[page].used) + length > pageBytes {
    try slice.pointee.keyPages.grow(by: 1, memory: memory)
    let base = try memory.takeKeyPages(run: 1)
    page = slice.pointee.keyPages.count
    appendKeyPages(slice, base, run: 1, bytes: 0)
    slice.pointee.openKeyPage = page
  }
  let offset = Int(slice.pointee.keyPages.pages[page].used)
  memcpy(slice.pointee.keyPages.pages[page].base + offset, key, length)
  slice.pointee.keyPages.pages[page].used += Int32(truncatingIfNeeded: length)
  slice.pointee.keyPages.pages[page].flags |= Page.dirty
  slice.pointee.keyBytes += length
  return (page, offset)
}

/// Lists a block of `run` adjoining pages of which the first `bytes` are in use. The list has room.
func appendKeyPages(_ slice: SlicePointer, _ base: UnsafeMutableRawPointer, run: Int, bytes: Int) {
  let pageBytes = StateMemory.pageBytes
  for number in 0..<run {
    slice.pointee.keyPages.append(
      Page(
        base: base + number * pageBytes, used: Int32(truncatingIfNeeded: min(pageBytes, bytes - number * pageBytes)),
        run: number == 0 ? Int32(truncatingIfNeeded: run) : 0, flags: Page.dirty))
  }
}
