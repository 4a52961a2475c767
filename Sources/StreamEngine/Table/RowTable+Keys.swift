import Glibc

/// Number of the row of a key, or nil.
@inline(__always)
func findRow(
  _ table: TablePointer, _ hash: UInt32, _ key: UnsafePointer<UInt8>?, _ length: Int, _ rows: RowAddressing
) -> Int? {
  let entries = table.pointee.entries
  let mask = table.pointee.mask
  var place = Int(hash) & mask
  while true {
    let entry = entries[place]
    if entry == 0 { return nil }
    if UInt32(truncatingIfNeeded: entry >> 32) == hash {
      let number = Int(entry & 0xffff_ffff) - 1
      let row = table.pointee.row(number, rows)
      if row.rowKeyLength == length {
        // An empty key has no bytes to compare, and may come as nil.
        guard length > 0, let key else { return number }
        if memcmp(table.pointee.key(ofRow: row), key, length) == 0 { return number }
      }
    }
    place = (place + 1) & mask
  }
}

/// Adds the row of a key that has none. On an error the table is as it was, but for room already made.
func addRow(
  _ table: TablePointer, _ hash: UInt32, _ key: UnsafePointer<UInt8>?, _ length: Int, _ rows: RowAddressing,
  _ memory: StateMemory
) throws(StateLimitExceeded) -> Int {
  guard table.pointee.keyCount < rows.maxKeys else {
    throw StateLimitExceeded(
      limit: "max_keys", message: "a window has \(table.pointee.keyCount) keys, and that is the limit")
  }
  try makeTableRoom(table, memory)
  var address = (page: 0, offset: 0)
  if length > 0, let key {
    address = try table.pointee.keys.allocate(length, alignment: 1, memory: memory)
    memcpy(table.pointee.keys.address(page: address.page, offset: address.offset), key, length)
  }
  let number = try takeRow(table, rows, memory)
  let row = table.pointee.row(number, rows)
  row.storeBytes(of: UInt32(truncatingIfNeeded: address.page), toByteOffset: RowHeader.keyPage, as: UInt32.self)
  row.storeBytes(of: UInt16(truncatingIfNeeded: address.offset), toByteOffset: RowHeader.keyOffset, as: UInt16.self)
  row.storeBytes(of: UInt32(truncatingIfNeeded: length), toByteOffset: RowHeader.keyLength, as: UInt32.self)
  enterRow(table, hash, number)
  return number
}

/// A row of zeros that no key leads to.
func takeRow(_ table: TablePointer, _ rows: RowAddressing, _ memory: StateMemory) throws(StateLimitExceeded) -> Int {
  let number: Int
  if let free = table.pointee.freeRows.popLast() {
    number = Int(free)
  } else {
    number = table.pointee.rowCount
    if number >> rows.shift == table.pointee.rowPages.count {
      try table.pointee.rowPages.grow(by: 1, memory: memory)
      table.pointee.rowPages.append(Page(base: try memory.take(rows.pageBytes), used: 0, run: 1, flags: Page.dirty))
    }
    table.pointee.rowCount = number + 1
    table.pointee.rowPages.pages[number >> rows.shift].used += Int32(truncatingIfNeeded: rows.width)
  }
  memset(table.pointee.row(number, rows), 0, rows.width)
  table.pointee.markDirty(number, rows)
  return number
}

/// Puts a row into the table, which has room.
func enterRow(_ table: TablePointer, _ hash: UInt32, _ number: Int) {
  let mask = table.pointee.mask
  var place = Int(hash) & mask
  while table.pointee.entries[place] != 0 { place = (place + 1) & mask }
  table.pointee.entries[place] = UInt64(hash) << 32 | UInt64(number + 1)
  table.pointee.keyCount += 1
}

/// Doubles the table once it is three quarters full.
func makeTableRoom(_ table: TablePointer, _ memory: StateMemory) throws(StateLimitExceeded) {
  let capacity = table.pointee.mask + 1
  guard table.pointee.keyCount >= capacity / 4 * 3 else { return }
  let wider = capacity * 2
  try memory.reserve(wider * 8)
  let entries = UnsafeMutablePointer<UInt64>.allocate(capacity: wider)
  entries.initialize(repeating: 0, count: wider)
  let old = table.pointee.entries
  for place in 0..<capacity {
    let entry = old[place]
    guard entry != 0 else { continue }
    var target = Int(entry >> 32) & (wider - 1)
    while entries[target] != 0 { target = (target + 1) & (wider - 1) }
    entries[target] = entry
  }
  old.deallocate()
  memory.release(capacity * 8)
  table.pointee.entries = entries
  table.pointee.mask = wider - 1
}

/// Where the entry of that row stands.
private func placeOfEntry(_ table: TablePointer, _ hash: UInt32, _ number: Int) -> Int? {
  let mask = table.pointee.mask
  let wanted = UInt64(hash) << 32 | UInt64(number + 1)
  var place = Int(hash) & mask
  while table.pointee.entries[place] != 0 {
    if table.pointee.entries[place] == wanted { return place }
    place = (place + 1) & mask
  }
  return nil
}

/// The key leads to another row of it from here on.
func replaceEntry(_ table: TablePointer, _ hash: UInt32, from old: Int, to number: Int) {
  guard let place = placeOfEntry(table, hash, old) else { return }
  table.pointee.entries[place] = UInt64(hash) << 32 | UInt64(number + 1)
}

/// Takes a key out of the table; the entries behind it move up (Knuth, The Art of Computer Programming vol. 3, 6.4, algorithm R).
func removeEntry(_ table: TablePointer, _ hash: UInt32, _ number: Int) {
  guard var hole = placeOfEntry(table, hash, number) else { return }
  let mask = table.pointee.mask
  let entries = table.pointee.entries
  var place = hole
  while true {
    place = (place + 1) & mask
    let entry = entries[place]
    if entry == 0 { break }
    let home = Int(entry >> 32) & mask
    // It may move up only if that does not put it before its home.
    if (place - home) & mask >= (place - hole) & mask {
      entries[hole] = entry
      hole = place
    }
  }
  entries[hole] = 0
  table.pointee.keyCount -= 1
}

/// The row's number may be used again.
func giveUpRow(_ table: TablePointer, _ number: Int, _ rows: RowAddressing) {
  memset(table.pointee.row(number, rows), 0, rows.width)
  table.pointee.markDirty(number, rows)
  table.pointee.freeRows.append(UInt32(truncatingIfNeeded: number))
}
