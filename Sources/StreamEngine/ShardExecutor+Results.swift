extension ShardExecutor {
  /// Appends pending results until the batch is full or nothing is pending: slices in order of their end, rows of a slice in the
  /// order in which their keys first came.
  package func drainResults(into batch: ResultBatch) {
    precondition(batch.aggregationCount == layout.outputs.count)
    while batch.count < batch.capacity, let slice = slices.firstPending() {
      switch slice.pointee.pending {
      case .nothing: return
      case .firing: drainFiring(slice, into: batch)
      case .revision: drainRevision(slice, into: batch)
      }
      if slice.pointee.drainRow >= slice.pointee.rowCount {
        if slice.pointee.pending == .revision { slice.pointee.hasChanges = false }
        slices.drained(slice)
      }
    }
  }

  private func drainFiring(_ slice: SlicePointer, into batch: ResultBatch) {
    var number = slice.pointee.drainRow
    let end = min(slice.pointee.rowCount, number + batch.capacity - batch.count)
    while number < end {
      // The first revision is not written into the row, so that firing makes no page dirty.
      append(slice.pointee.row(number, rows), of: slice, revision: 1, to: batch)
      number += 1
    }
    slice.pointee.drainRow = number
  }

  private func drainRevision(_ slice: SlicePointer, into batch: ResultBatch) {
    var number = slice.pointee.drainRow
    let pages = slice.pointee.rowPages.pages
    while number < slice.pointee.rowCount, batch.count < batch.capacity {
      let page = pages + (number >> rows.shift)
      guard page.pointee.flags & Page.changed != 0 else {
        number = ((number >> rows.shift) + 1) << rows.shift
        continue
      }
      let row = slice.pointee.row(number, rows)
      let flags = row.load(fromByteOffset: RowLayout.flags, as: UInt16.self)
      if flags & RowLayout.changed != 0 {
        var revisions = row.load(fromByteOffset: RowLayout.revision, as: UInt32.self)
        if flags & RowLayout.new == 0, revisions < UInt32.max { revisions += 1 }
        row.storeBytes(of: revisions, toByteOffset: RowLayout.revision, as: UInt32.self)
        row.storeBytes(of: 0, toByteOffset: RowLayout.flags, as: UInt16.self)
        page.pointee.flags |= Page.dirty
        let revision = Int(revisions) + 1
        slice.pointee.largestRevision = max(slice.pointee.largestRevision, revision)
        append(row, of: slice, revision: Int64(revision), to: batch)
      }
      number += 1
      if number & rows.mask == 0 || number == slice.pointee.rowCount { page.pointee.flags &= ~Page.changed }
    }
    slice.pointee.drainRow = number
  }

  private func append(_ row: UnsafeMutableRawPointer, of slice: SlicePointer, revision: Int64, to batch: ResultBatch) {
    let result = batch.count
    batch.keys[result] = slice.pointee.key(ofRow: row)
    batch.keyLengths[result] = Int32(truncatingIfNeeded: row.load(fromByteOffset: RowLayout.keyLength, as: UInt32.self))
    batch.windowStarts[result] = slice.pointee.start
    batch.windowEnds[result] = slice.pointee.end
    batch.revisions[result] = revision
    var cell = result * batch.aggregationCount
    for output in layout.outputs {
      let value = resultCell(output, row)
      batch.cellKinds[cell] = value.kind
      batch.cellBits[cell] = value.bits
      cell += 1
    }
    batch.count = result + 1
  }
}
