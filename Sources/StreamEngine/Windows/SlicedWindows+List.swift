extension SlicedWindows {
  func list(ofKey key: UnsafeRawBufferPointer?, into batch: ResultBatch) throws(StateLimitExceeded) {
    let first = max(settled.map { saturatingDifference($0, lateness) } ?? Int64.min, letGo)
    // Rows of windows of several slices; a key stands in it once for each window.
    let merged = try RowTable.make(memory: memory)
    retired.append(merged)
    var last = first
    for slice in kept {
      var end = last == Int64.min ? slice.pointee.firstEnd : max(slice.pointee.firstEnd, grid.firstEnd(after: last))
      while end <= slice.pointee.lastEnd, end > last {
        try list(end, ofKey: key, merged, into: batch)
        guard batch.count < batch.capacity else { return }
        last = end
        end = grid.firstEnd(after: end)
      }
    }
  }

  private func list(
    _ end: Int64, ofKey key: UnsafeRawBufferPointer?, _ merged: TablePointer, into batch: ResultBatch
  ) throws(StateLimitExceeded) {
    let parts = parts(ofEnd: end)
    if let key {
      let bytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
      let hash = hashKey(bytes, key.count, secret)
      for place in parts.indices {
        guard let number = findRow(parts[place], hash, bytes, key.count, rows) else { continue }
        return try list(number, parts[place...], end, merged, into: batch)
      }
      return
    }
    for place in parts.indices {
      for number in 0..<parts[place].pointee.rowCount {
        guard batch.count < batch.capacity else { return }
        let row = parts[place].pointee.row(number, rows)
        let (key, length) = (parts[place].pointee.key(ofRow: row), row.rowKeyLength)
        if place > 0 {
          let hash = hashKey(key, length, secret)
          if parts[..<place].contains(where: { findRow($0, hash, key, length, rows) != nil }) { continue }
        }
        try list(number, parts[place...], end, merged, into: batch)
      }
    }
  }

  /// A row of the first part, with what the others have of its key.
  private func list(
    _ number: Int, _ parts: ArraySlice<TablePointer>, _ end: Int64, _ merged: TablePointer, into batch: ResultBatch
  ) throws(StateLimitExceeded) {
    guard batch.count < batch.capacity, let first = parts.first else { return }
    let source = first.pointee.row(number, rows)
    let (key, length) = (first.pointee.key(ofRow: source), source.rowKeyLength)
    let hash = hashKey(key, length, secret)
    let isOpen = settled.map { end > $0 } ?? true
    var (row, table) = (source, first)
    if parts.count > 1 {
      table = merged
      let place = try addRow(merged, hash, key, length, mergedRows, memory)
      for part in parts {
        guard let number = findRow(part, hash, key, length, rows) else { continue }
        try layout.merge(part.pointee.row(number, rows), of: part, into: merged.pointee.row(place, rows), of: merged, memory: memory)
      }
      row = merged.pointee.row(place, rows)
    }
    batch.append(
      row, of: table, layout, WindowSpan(start: grid.start(ofEnd: end), end: end),
      revision: Int64(lastRevision(hash, key, length, end, isOpen: isOpen, parts)), flags: isOpen ? ResultBatch.early : 0, stack: stack)
  }

  /// The revision with which the key came out last; 0 if it has not.
  private func lastRevision(
    _ hash: UInt32, _ key: UnsafePointer<UInt8>, _ length: Int, _ end: Int64, isOpen: Bool, _ parts: ArraySlice<TablePointer>
  ) -> UInt32 {
    let marked = marks(ofEnd: end)?.revision(hash, key, length) ?? 0
    if marked > 0 { return marked }
    let base = baseRevision(ofEnd: end)
    return isOpen || !wasEmitted(hash, key, length, parts) ? base : next(base)
  }
}
