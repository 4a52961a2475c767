import Glibc

extension SlicedWindows {
  /// Appends rows of the window until they are all out or the batch is full.
  func emit(_ drain: inout WindowDrain, into batch: ResultBatch) throws(StateLimitExceeded) {
    let table = drain.source
    let window = WindowSpan(start: grid.start(ofEnd: drain.end), end: drain.end)
    // What a revision must know: whether the key had come out.
    let parts = drain.kind == .revision ? parts(ofEnd: drain.end) : []
    var mark = marks(ofEnd: drain.end)
    let base = baseRevision(ofEnd: drain.end)
    let flags = drain.kind == .early ? ResultBatch.early : 0
    var number = drain.row
    while number < table.pointee.rowCount, batch.count < batch.capacity {
      if drain.filter != 0, table.pointee.rowPages.pages[number >> rows.shift].flags & Page.changed == 0 {
        number = ((number >> rows.shift) + 1) << rows.shift
        continue
      }
      let row = table.pointee.row(number, rows)
      number += 1
      if drain.filter != 0, row.rowFlags & drain.filter == 0 { continue }
      var revision: UInt32 = 1
      if drain.kind != .firing || mark != nil || base > 0 {
        revision = try nextRevision(row, of: table, drain, parts, base, &mark)
      }
      batch.append(row, of: table, layout, window, revision: Int64(revision), flags: flags, stack: stack)
    }
    drain.row = min(number, table.pointee.rowCount)
  }

  /// The revision with which the row comes out now; notes it. The limit of memory is lifted.
  private func nextRevision(
    _ row: UnsafeMutableRawPointer, of table: TablePointer, _ drain: WindowDrain, _ parts: [TablePointer], _ base: UInt32,
    _ mark: inout WindowMarks?
  ) throws(StateLimitExceeded) -> UInt32 {
    let key = table.pointee.key(ofRow: row)
    let length = row.rowKeyLength
    let hash = hashKey(key, length, secret)
    let last = mark?.revision(hash, key, length) ?? 0
    if last == 0, drain.kind == .firing { return next(base) }
    var revision = next(last == 0 ? base : last)
    if last == 0, drain.kind == .revision, wasEmitted(hash, key, length, parts) { revision = next(revision) }
    if mark == nil { mark = try addMarks(drain.end) }
    try mark?.set(revision, hash, key, length, memory: memory)
    return revision
  }

  func next(_ revision: UInt32) -> UInt32 { revision == UInt32.max ? revision : revision + 1 }

  /// A key without a mark came out when its window fired if any of its rows was there then.
  func wasEmitted(_ hash: UInt32, _ key: UnsafePointer<UInt8>, _ length: Int, _ parts: some Sequence<TablePointer>) -> Bool {
    parts.contains { part in
      findRow(part, hash, key, length, rows).map { part.pointee.row($0, rows).rowFlags & RowFlags.new == 0 } ?? false
    }
  }

  private func markPosition(_ end: Int64) -> Int {
    var low = 0
    var high = marks.count
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].end < end { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func marks(ofEnd end: Int64) -> WindowMarks? {
    let place = markPosition(end)
    return place < marks.count && marks[place].end == end ? marks[place] : nil
  }

  func addMarks(_ end: Int64) throws(StateLimitExceeded) -> WindowMarks {
    let mark = try WindowMarks(end: end, memory: memory)
    marks.insert(mark, at: markPosition(end))
    return mark
  }
}
