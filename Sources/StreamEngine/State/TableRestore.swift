/// Takes the pages of one stored table back into memory. Everything in them is checked before it is believed, since it comes from
/// disk: what this accepts leads no pointer astray.
struct TableRestore {
  let table: TablePointer
  let rows: RowAddressing
  let memory: StateMemory
  let secret: HashSecret
  /// nil for rows without accumulators.
  let layout: RowLayout?
  /// Rows go one by one, so that some hold nothing, and several can have one key.
  let isKeyed: Bool
  /// Flags that a row may have.
  let flags: UInt16
  /// What it is in an error.
  let name: String

  func damaged(_ what: String) -> StateDamaged { StateDamaged(message: "\(name): \(what)") }

  /// Loads and checks; the rows do not stand in the table yet.
  func load(_ state: TableState, _ pages: PagesOfTables) throws(StateDamaged) {
    let isMarks = state.kind == .marks
    let rowPages = pages.of(state.start, isMarks ? .markRows : .rows)
    let keyPages = pages.of(state.start, isMarks ? .markKeys : .keys)
    let blobPages = isMarks ? [] : pages.of(state.start, .blobs)
    try rows.check(rowPages, rowCount: state.rowCount, name: name)
    let keyRuns = try runs(keyPages, state.keyBlocks, "keys")
    let blobRuns = try runs(blobPages, state.blobBlocks, "blobs")
    guard blobPages.allSatisfy({ $0.count & 7 == 0 }) else { throw damaged("a page of blobs is cut") }
    do throws(StateLimitExceeded) {
      try table.pointee.rowPages.grow(by: rowPages.count, memory: memory)
      for bytes in rowPages {
        let base = try memory.take(rows.pageBytes)
        bytes.withUnsafeBytes { if let from = $0.baseAddress { base.copyMemory(from: from, byteCount: $0.count) } }
        table.pointee.rowPages.append(Page(base: base, used: Int32(truncatingIfNeeded: bytes.count), run: 1, flags: 0))
      }
      table.pointee.rowCount = state.rowCount
      try table.pointee.keys.restore(keyPages, runs: keyRuns, memory: memory)
      try table.pointee.blobs.restore(blobPages, runs: blobRuns, memory: memory)
    } catch {
      throw damaged("no room for it")
    }
    for number in 0..<state.rowCount { try check(number) }
    if let layout, layout.usesBlobs { try checkOverlaps(state.rowCount, layout) }
  }

  /// No blob may lie within another: writing one would change the other's header.
  private func checkOverlaps(_ rowCount: Int, _ layout: RowLayout) throws(StateDamaged) {
    var extents: [(page: Int, offset: Int, bytes: Int)] = []
    for number in 0..<rowCount {
      let row = table.pointee.row(number, rows)
      if isKeyed, row.rowFlags & RowFlags.used == 0 { continue }
      for offset in layout.blobCells where !BlobCell(row + offset, table).isNone { extents.append(BlobCell(row + offset, table).extent) }
      for offset in layout.heldScalars where HeldScalar(row + offset, table).kind == CellKind.text {
        extents.append(HeldScalar(row + offset, table).text.extent)
      }
    }
    extents.sort { ($0.page, $0.offset) < ($1.page, $1.offset) }
    for (one, next) in zip(extents, extents.dropFirst()) where one.page == next.page && one.offset + one.bytes > next.offset {
      throw damaged("two blobs overlap")
    }
  }

  /// Enters a row whose key no other row may have: that would split its figures.
  func enterUnique(_ number: Int) throws(StateDamaged) {
    let row = table.pointee.row(number, rows)
    let (key, length) = (table.pointee.key(ofRow: row), row.rowKeyLength)
    let hash = hashKey(key, length, secret)
    guard findRow(table, hash, key, length, rows) == nil else { throw damaged("a key stands there twice") }
    do throws(StateLimitExceeded) { try makeTableRoom(table, memory) } catch { throw damaged("no room for it") }
    enterRow(table, hash, number)
    if length > 0 { table.pointee.keys.countLive(length, alignment: 1) }
    guard row.rowFlags & RowFlags.changes != 0 else { return }
    table.pointee.changes |= row.rowFlags & RowFlags.changes
    table.pointee.rowPages.pages[number >> rows.shift].flags |= Page.changed
  }

  /// For each page how many adjoin from it on: 0 inside a block.
  private func runs(_ pages: [ArraySlice<UInt8>], _ blocks: [PageBlock], _ what: String) throws(StateDamaged) -> [Int] {
    let pageBytes = StateMemory.pageBytes
    guard pages.allSatisfy({ $0.count <= pageBytes }) else { throw damaged("a page of \(what) is too long") }
    var runs = [Int](repeating: 1, count: pages.count)
    var next = 0
    for block in blocks {
      guard block.first >= next, block.count >= 2, block.count <= pages.count - block.first else {
        throw damaged("the pages of \(what) do not fit their blocks")
      }
      next = block.first + block.count
      for number in block.first..<next {
        guard number == next - 1 || pages[number].count == pageBytes else { throw damaged("a block of \(what) has a gap") }
        runs[number] = number == block.first ? block.count : 0
      }
    }
    return runs
  }

  private func check(_ number: Int) throws(StateDamaged) {
    let row = table.pointee.row(number, rows)
    if isKeyed, row.rowFlags & RowFlags.used == 0 { return }
    guard row.rowFlags & ~(flags | RowFlags.age) == 0 else { throw damaged("a row has flags \(row.rowFlags)") }
    let length = row.rowKeyLength
    if length > 0 {
      let page = Int(row.load(fromByteOffset: RowHeader.keyPage, as: UInt32.self))
      let offset = Int(row.load(fromByteOffset: RowHeader.keyOffset, as: UInt16.self))
      guard length <= Int(Int32.max), offset + length <= table.pointee.keys.usedBytes(ofBlock: page) else {
        throw damaged("a key of \(length) bytes does not lie within its page \(page)")
      }
    }
    guard let layout else { return }
    for offset in layout.kindsOffsets {
      let (smallest, largest, summed) = (
        row.load(fromByteOffset: offset, as: UInt8.self), row.load(fromByteOffset: offset + 1, as: UInt8.self),
        row.load(fromByteOffset: offset + 2, as: UInt8.self)
      )
      guard smallest <= CellKind.double, largest <= CellKind.double, summed <= RowLayout.summedIntegers | RowLayout.summedDoubles else {
        throw damaged("a row has unknown kinds of numbers")
      }
    }
    for offset in layout.blobCells where !BlobCell(row + offset, table).checkRestored() { throw damaged("a blob does not lie within its page") }
    for offset in layout.heldScalars {
      let held = HeldScalar(row + offset, table)
      guard held.kind <= CellKind.boolean else { throw damaged("a row holds an unknown kind of value") }
      if held.kind == CellKind.text, !held.text.checkRestored() || held.text.isNone { throw damaged("a text does not lie within its page") }
    }
    try checkBlobs(row, layout)
  }

  /// The lengths of what the sketches and sets find in their blobs.
  private func checkBlobs(_ row: UnsafeMutableRawPointer, _ layout: RowLayout) throws(StateDamaged) {
    for step in layout.steps {
      let isRight =
        switch step.kind {
        case .quantiles: QuantileSketch.isValid(BlobCell(row + step.offset, table))
        case .distinct: DistinctSet.isValid(BlobCell(row + step.offset, table))
        default: true
        }
      if !isRight { throw damaged("a sketch is not one") }
    }
  }
}
