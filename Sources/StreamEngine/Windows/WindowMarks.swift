/// The keys of a window that came out again, or early, each with the last revision that it had.
final class WindowMarks {
  static let rows = RowAddressing(width: RowHeader.bytes, maxKeys: Int.max)

  let end: Int64
  let table: TablePointer
  var largestRevision = 0
  var stored = false

  /// Marks come with results that were taken in already, so the caller lifts the limit of memory.
  init(end: Int64, memory: StateMemory) throws(StateLimitExceeded) {
    self.end = end
    table = try RowTable.make(memory: memory)
  }

  /// Must come last.
  func free(memory: StateMemory) {
    RowTable.free(table, WindowMarks.rows, memory: memory)
  }

  /// The last revision of a key; 0 if it has no mark.
  func revision(_ hash: UInt32, _ key: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
    guard let number = findRow(table, hash, key, length, WindowMarks.rows) else { return 0 }
    return table.pointee.row(number, WindowMarks.rows).rowRevision
  }

  func set(_ revision: UInt32, _ hash: UInt32, _ key: UnsafePointer<UInt8>, _ length: Int, memory: StateMemory)
    throws(StateLimitExceeded)
  {
    var number = findRow(table, hash, key, length, WindowMarks.rows)
    if number == nil { number = try addRow(table, hash, key, length, WindowMarks.rows, memory) }
    guard let number else { return }
    table.pointee.row(number, WindowMarks.rows).rowRevision = revision
    table.pointee.markDirty(number, WindowMarks.rows)
    largestRevision = max(largestRevision, Int(revision))
  }
}
