extension SessionWindows {
  func snapshot(full: Bool, into state: inout ShardState, _ spare: inout SparePages) {
    trail.drop(before: oldestNeeded())
    if watermark > Int64.min { letGo = max(letGo, saturatingDifference(watermark, lateness)) }
    state.letGo = letGo
    state.tables.append(table.pointee.described)
    state.tables += trail.states
    RowTable.copyPages(table, start: 0, all: full, into: &state, &spare)
  }

  func restore(_ state: ShardState) throws(StateDamaged) {
    if let watermark = state.watermark { self.watermark = watermark }
    letGo = state.letGo
    let pages = try PagesOfTables(state)
    for described in state.tables where described.kind == .trail {
      guard trail.restore(described) else { throw StateDamaged(message: "trail \(described.start): no trail looks like that") }
    }
    let described = try KeyedTableState(state).table
    let restore = TableRestore(
      table: table, rows: rows, memory: memory, secret: secret, layout: layout, isKeyed: true,
      flags: RowFlags.used | RowFlags.fired | RowFlags.early | RowFlags.emitted, name: "sessions")
    try restore.load(described, pages)
    for number in 0..<described.rowCount { try enter(number, restore) }
  }

  private func enter(_ number: Int, _ restore: TableRestore) throws(StateDamaged) {
    let row = table.pointee.row(number, rows)
    guard row.rowFlags & RowFlags.used != 0 else {
      table.pointee.freeRows.append(UInt32(truncatingIfNeeded: number))
      return
    }
    guard row.sessionStart <= row.sessionLast else { throw restore.damaged("a session ends before it begins") }
    let isFired = row.rowFlags & RowFlags.fired != 0
    guard isFired == (end(row) <= watermark) else { throw restore.damaged("the watermark contradicts that a session has fired or not") }
    row.storeBytes(of: 0, toByteOffset: SessionHeader.left, as: UInt64.self)
    row.storeBytes(of: 0, toByteOffset: SessionHeader.timer, as: UInt32.self)
    memory.addUnchecked(TimerHeap.bytesPerRow)
    let (key, length) = (table.pointee.key(ofRow: row), row.rowKeyLength)
    let hash = hashKey(key, length, secret)
    if let root = findRow(table, hash, key, length, rows) {
      let around = tree.neighbours(of: row.sessionStart, root: root)
      guard around.before.map({ table.pointee.row($0, rows).sessionLast < row.sessionStart }) ?? true,
        around.behind.map({ table.pointee.row($0, rows).sessionStart > row.sessionLast }) ?? true
      else { throw restore.damaged("two sessions of a key overlap") }
      // All sessions of a key share its bytes.
      let first = table.pointee.row(root, rows)
      row.copyMemory(from: first, byteCount: RowHeader.flags)
      let top = tree.insert(number, root: root)
      if top != root { replaceEntry(table, hash, from: root, to: top) }
    } else {
      do throws(StateLimitExceeded) { try makeTableRoom(table, memory) } catch { throw restore.damaged("no room for it") }
      enterRow(table, hash, number)
      if length > 0 { table.pointee.keys.countLive(length, alignment: 1) }
    }
    timers.set(number, due: isFired ? saturatingSum(end(row), lateness) : end(row))
    if isFired { firedCount += 1 }
    if row.rowFlags & RowFlags.early != 0 { earlyRows.append(number) }
    noteRestored(revision: Int(row.rowRevision))
  }
}
