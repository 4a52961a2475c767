extension SlicedWindows {
  var hasPendingResults: Bool {
    if draining != nil || queueNext < queue.count { return true }
    guard let target, let nextFire else { return false }
    return nextFire <= target
  }

  func settle(watermark: Int64?) {
    guard let watermark else { return }
    let wasPending = hasPendingResults
    target = max(target ?? watermark, watermark)
    if wasPending { return }
    guard watermark >= nextEvent else {
      settled = max(settled ?? watermark, watermark)
      return
    }
    // A revision goes out before its window is let go, and before a window fires that shares its slices, for which it is none.
    enqueueRevisions { grid.slide < grid.size || $0.pointee.expiry <= watermark }
    finishIfDrained()
  }

  func endBatch() {
    enqueueRevisions { _ in true }
  }

  /// Puts the fired windows of changed slices into the queue.
  private func enqueueRevisions(_ isWanted: (SlicePointer) -> Bool) {
    guard let settled, hasLate else { return }
    enqueue(.revision, RowFlags.late) { slice in
      guard isWanted(slice) else { return nil }
      return (slice.pointee.firstEnd, min(slice.pointee.lastEnd, settled))
    }
    // Of windows that were let go before the record came there is nothing to say.
    queue.removeAll { saturatingSum($0, lateness) <= settled || $0 <= letGo }
    if queue.isEmpty { endRound() }
  }

  func emitEarly() {
    enqueue(.early, RowFlags.early) { slice in
      guard let settled else { return (slice.pointee.firstEnd, slice.pointee.lastEnd) }
      return (max(slice.pointee.firstEnd, grid.firstEnd(after: settled)), slice.pointee.lastEnd)
    }
    if queue.isEmpty { endRound() }
  }

  func emitOpen() {
    for slice in slices where settled.map({ slice.pointee.lastEnd > $0 }) ?? true {
      let table = slice.pointee.table
      for number in 0..<table.pointee.rowCount { table.pointee.row(number, rows).rowFlags |= RowFlags.early }
      for page in 0..<table.pointee.rowPages.count { table.pointee.rowPages.pages[page].flags |= Page.changed }
      if table.pointee.rowCount > 0 { table.pointee.changes |= RowFlags.early }
    }
    emitEarly()
  }

  /// `ends`: the first and last end of the windows wanted of a slice that has rows with the flag.
  private func enqueue(_ kind: WindowDrain.Kind, _ flag: UInt16, _ ends: (SlicePointer) -> (Int64, Int64)?) {
    queue.removeAll(keepingCapacity: true)
    queueNext = 0
    queueKind = kind
    queueSlices.removeAll(keepingCapacity: true)
    for slice in slices where slice.pointee.table.pointee.changes & flag != 0 {
      guard let (first, last) = ends(slice) else { continue }
      var end = first
      queueSlices.append(slice)
      // Slices are in order, so most windows of this one are those of the one before.
      if let known = queue.last, known >= end { end = grid.firstEnd(after: known) }
      while end <= last {
        queue.append(end)
        guard end < Int64.max else { break }
        end = grid.firstEnd(after: end)
      }
    }
  }

  /// Ends the settling once nothing is pending.
  func finishIfDrained() {
    guard !hasPendingResults, let target else { return }
    settled = max(settled ?? target, target)
  }

  // MARK: Draining

  func drain(into batch: ResultBatch) throws(StateLimitExceeded) {
    freeRetired()
    while batch.count < batch.capacity, retired.count < SlicedWindows.mostRetired {
      if draining == nil { draining = try nextDrain() }
      guard var drain = draining else { break }
      try emit(&drain, into: batch)
      if drain.row < drain.source.pointee.rowCount {
        draining = drain
        break
      }
      draining = nil
      finish(drain)
    }
    finishIfDrained()
  }

  private func nextDrain() throws(StateLimitExceeded) -> WindowDrain? {
    if queueNext < queue.count {
      defer { queueNext += 1 }
      return try open(queue[queueNext], queueKind)
    }
    guard let target, let end = nextFire, end <= target else { return nil }
    return try open(end, .firing)
  }

  private func open(_ end: Int64, _ kind: WindowDrain.Kind) throws(StateLimitExceeded) -> WindowDrain {
    let slices = members(ofEnd: end)
    let filter: UInt16 =
      switch kind {
      case .firing: 0
      case .revision: RowFlags.late
      case .early: RowFlags.early
      }
    if slices.count == 1, let only = slices.first {
      return WindowDrain(end: end, kind: kind, source: only.pointee.table, isMerged: false, filter: filter)
    }
    let merged = kind == .firing ? try mergedWindow(end, slices) : try mergedKeys(end, slices, with: filter)
    return WindowDrain(end: end, kind: kind, source: merged, isMerged: true, filter: 0)
  }

  /// The window's last row is out.
  private func finish(_ drain: WindowDrain) {
    // Keys that results point to live on until the next drain.
    if drain.isMerged { retired.append(drain.source) }
    if drain.kind == .firing {
      windowsFired += 1
      settled = drain.end
      findNextEvent()
      return
    }
    if queueNext == queue.count { endRound() }
  }

  /// What changed is out.
  private func endRound() {
    let mask: UInt16 = queueKind == .early ? RowFlags.early : RowFlags.late | RowFlags.new
    for slice in queueSlices { clear(mask, slice.pointee.table) }
    if queueKind == .revision {
      lateExpiry = Int64.max
      hasLate = slices.contains { $0.pointee.table.pointee.changes & RowFlags.late != 0 }
    }
    queueSlices.removeAll(keepingCapacity: true)
    queue.removeAll(keepingCapacity: true)
    queueNext = 0
    findNextEvent()
  }

  private func clear(_ mask: UInt16, _ table: TablePointer) {
    table.pointee.changes &= ~mask
    for page in 0..<table.pointee.rowPages.count where table.pointee.rowPages.pages[page].flags & Page.changed != 0 {
      for number in (page << rows.shift)..<min(table.pointee.rowCount, (page + 1) << rows.shift) {
        table.pointee.row(number, rows).rowFlags &= ~mask
      }
      table.pointee.rowPages.pages[page].flags |= Page.dirty
      if table.pointee.changes & RowFlags.changes == 0 { table.pointee.rowPages.pages[page].flags &= ~Page.changed }
    }
  }
}
