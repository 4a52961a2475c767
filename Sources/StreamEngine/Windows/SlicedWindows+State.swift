extension SlicedWindows {
  func snapshot(full: Bool, into state: inout ShardState, _ spare: inout SparePages) {
    if !full { state.removedTables = Set(removed).sorted() }
    removed.removeAll(keepingCapacity: true)
    if let settled { letGo = max(letGo, saturatingDifference(settled, lateness)) }
    state.letGo = letGo
    forgetOldFloor()
    state.revisionFloor = floor
    for slice in slices {
      let table = slice.pointee.table
      var described = TableState(
        kind: .slice, start: slice.pointee.start, rowCount: table.pointee.rowCount,
        firstOffsets: Array(UnsafeBufferPointer(start: slice.pointee.firstOffsets, count: inputs)))
      described.keyBlocks = table.pointee.keys.blocks
      described.blobBlocks = table.pointee.blobs.blocks
      state.tables.append(described)
      RowTable.copyPages(table, start: slice.pointee.start, all: full, into: &state, &spare)
      slice.pointee.stored = true
    }
    for mark in marks {
      let start = grid.start(ofEnd: mark.end)
      var described = TableState(
        kind: .marks, start: start, rowCount: mark.table.pointee.rowCount, largestRevision: mark.largestRevision)
      described.keyBlocks = mark.table.pointee.keys.blocks
      state.tables.append(described)
      RowTable.copyPages(mark.table, start: start, marks: true, all: full, into: &state, &spare)
      mark.stored = true
    }
  }

  func restore(_ state: ShardState) throws(StateDamaged) {
    settled = state.watermark
    target = state.watermark
    letGo = state.letGo
    floor = state.revisionFloor
    let pages = try PagesOfTables(state)
    for table in state.tables {
      switch table.kind {
      case .slice: try restore(slice: table, pages)
      case .marks: try restore(marks: table, pages)
      case .keyed, .trail: throw StateDamaged(message: "a table of another kind of window")
      }
    }
    findNextEvent()
  }

  private func restore(slice state: TableState, _ pages: PagesOfTables) throws(StateDamaged) {
    let name = "slice \(state.start)"
    guard slices.last.map({ $0.pointee.start < state.start }) ?? true else { throw StateDamaged(message: "\(name) is out of order") }
    guard grid.isStart(state.start) else { throw StateDamaged(message: "\(name): its start is not the start of a slice") }
    guard state.firstOffsets.count == inputs, state.firstOffsets.allSatisfy({ $0 >= 0 }) else {
      throw StateDamaged(message: "\(name): its first offsets do not fit \(inputs) inputs")
    }
    let slice: SlicePointer
    do throws(StateLimitExceeded) {
      slice = try Slice.make(state.start, grid, lateness: lateness, inputs: inputs, memory: memory)
    } catch {
      throw StateDamaged(message: "\(name): no room for it")
    }
    // From here on the list owns the slice, so that an error frees it with the executor.
    slices.append(slice)
    slice.pointee.stored = true
    for (input, offset) in state.firstOffsets.enumerated() { slice.pointee.firstOffsets[input] = offset }
    let restore = TableRestore(
      table: slice.pointee.table, rows: rows, memory: memory, secret: secret, layout: layout, isKeyed: false,
      flags: RowFlags.early, name: name)
    try restore.load(state, pages)
    for number in 0..<state.rowCount { try restore.enterUnique(number) }
  }

  private func restore(marks state: TableState, _ pages: PagesOfTables) throws(StateDamaged) {
    let name = "marks of window \(state.start)"
    let end = grid.firstEnd(after: saturatingSum(state.start, grid.size - 1))
    guard grid.start(ofEnd: end) == state.start, marks.last.map({ $0.end < end }) ?? true else {
      throw StateDamaged(message: "\(name): no window begins there, or it is out of order")
    }
    let mark: WindowMarks
    do throws(StateLimitExceeded) { mark = try addMarks(end) } catch { throw StateDamaged(message: "\(name): no room for it") }
    mark.stored = true
    mark.largestRevision = max(0, state.largestRevision)
    let restore = TableRestore(
      table: mark.table, rows: WindowMarks.rows, memory: memory, secret: secret, layout: nil, isKeyed: false, flags: 0, name: name)
    try restore.load(state, pages)
    for number in 0..<state.rowCount { try restore.enterUnique(number) }
  }
}
