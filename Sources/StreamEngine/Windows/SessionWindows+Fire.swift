extension SessionWindows {
  func settle(watermark: Int64?) {
    guard let watermark else { return }
    self.watermark = watermark
    collect()
  }

  /// Makes due results ready, up to a limit.
  private func collect() {
    while pending.count - pendingNext < SessionWindows.mostPending, let first = timers.first, first.due <= watermark {
      let number = first.row
      let row = table.pointee.row(number, rows)
      let end = end(row)
      if row.rowFlags & RowFlags.fired == 0 {
        // One that has grown since its timer was set takes its place again, so that sessions fire in order of their ends.
        if first.due == end { fire(number, row) }
        timers.set(number, due: first.due == end ? saturatingSum(end, lateness) : end)
        continue
      }
      let expiry = saturatingSum(end, lateness)
      if expiry > watermark {
        timers.set(number, due: expiry)
        continue
      }
      if row.rowFlags & RowFlags.late != 0 { pending.append(PendingRow(row: number, kind: .revision)) }
      timers.remove(number)
      gone.append(number)
    }
  }

  private func fire(_ number: Int, _ row: UnsafeMutableRawPointer) {
    row.rowFlags |= RowFlags.fired
    row.rowFlags &= ~(RowFlags.late | RowFlags.early)
    firedCount += 1
    table.pointee.markDirty(number, rows)
    pending.append(PendingRow(row: number, kind: .firing))
  }

  func endBatch() {
    enqueue(lateRows, RowFlags.late, .revision)
    lateRows.removeAll(keepingCapacity: true)
  }

  func emitEarly() {
    enqueue(earlyRows, RowFlags.early, .early)
    earlyRows.removeAll(keepingCapacity: true)
  }

  func emitOpen() {
    earlyRows.removeAll(keepingCapacity: true)
    for number in 0..<table.pointee.rowCount {
      let row = table.pointee.row(number, rows)
      guard row.rowFlags & RowFlags.used != 0, row.rowFlags & RowFlags.fired == 0 else { continue }
      row.rowFlags |= RowFlags.early
      earlyRows.append(number)
    }
    emitEarly()
  }

  /// Rows of a list that still have its flag, in order of their end. A row whose number was used again is as good as any: the flag
  /// says that it changed.
  private func enqueue(_ list: [Int], _ flag: UInt16, _ kind: PendingRow.Kind) {
    if list.isEmpty { return }
    var found: [(end: Int64, row: Int)] = []
    for number in list {
      let row = table.pointee.row(number, rows)
      guard row.rowFlags & RowFlags.used != 0, row.rowFlags & flag != 0 else { continue }
      guard (row.rowFlags & RowFlags.fired != 0) == (kind == .revision) else { continue }
      row.rowFlags &= ~flag
      found.append((end(row), number))
    }
    found.sort { ($0.end, $0.row) < ($1.end, $1.row) }
    for entry in found { pending.append(PendingRow(row: entry.row, kind: kind)) }
  }

  func drain(into batch: ResultBatch) {
    while batch.count < batch.capacity {
      guard pendingNext < pending.count else { return }
      emit(pending[pendingNext], into: batch)
      pendingNext += 1
      guard pendingNext == pending.count else { continue }
      pending.removeAll(keepingCapacity: true)
      pendingNext = 0
      collect()
    }
  }

  func list(ofKey key: UnsafeRawBufferPointer?, into batch: ResultBatch) {
    var earliest = EarliestRows(limit: batch.capacity - batch.count)
    if let key {
      let bytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
      guard let root = findRow(table, hashKey(bytes, key.count, secret), bytes, key.count, rows) else { return }
      tree.forEach(root: root) { earliest.add(end(table.pointee.row($0, rows)), $0) }
    } else {
      for number in 0..<table.pointee.rowCount {
        let row = table.pointee.row(number, rows)
        if row.rowFlags & RowFlags.used != 0 { earliest.add(end(row), number) }
      }
    }
    for number in earliest.inOrder() {
      let row = table.pointee.row(number, rows)
      batch.append(
        row, of: table, layout, WindowSpan(start: row.sessionStart, end: end(row)), revision: Int64(row.rowRevision),
        flags: row.rowFlags & RowFlags.fired == 0 ? ResultBatch.early : 0, stack: stack)
    }
  }

  // MARK: Moving what is alive together

  private func forEachKey(_ body: (_ root: Int) throws(StateLimitExceeded) -> Void) throws(StateLimitExceeded) {
    for place in 0...table.pointee.mask where table.pointee.entries[place] != 0 {
      try body(Int(table.pointee.entries[place] & 0xffff_ffff) - 1)
    }
  }

  /// Puts the keys that are in use one behind the other into a new arena.
  func moveKeys() {
    var fresh = ByteArena()
    memory.addUnchecked(ByteArena.firstBytes)
    memory.limited = false
    defer { memory.limited = true }
    try? forEachKey { root throws(StateLimitExceeded) in
      let row = table.pointee.row(root, rows)
      let length = row.rowKeyLength
      guard length > 0 else { return }
      let place = try fresh.allocate(length, alignment: 1, memory: memory)
      fresh.address(page: place.page, offset: place.offset).copyMemory(from: table.pointee.key(ofRow: row), byteCount: length)
      tree.forEach(root: root) { number in
        let row = table.pointee.row(number, rows)
        row.storeBytes(of: UInt32(truncatingIfNeeded: place.page), toByteOffset: RowHeader.keyPage, as: UInt32.self)
        row.storeBytes(of: UInt16(truncatingIfNeeded: place.offset), toByteOffset: RowHeader.keyOffset, as: UInt16.self)
        table.pointee.markDirty(number, rows)
      }
    }
    table.pointee.keys.free(memory: memory)
    table.pointee.keys = fresh
  }
}
