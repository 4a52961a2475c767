import Glibc

/// Count windows: every `count` records of a key, in the order in which they come. A key has one row, the window that fills; a full
/// one leaves the table and waits to be drained. Keys stay known, with the number of their window.
final class CountWindows: WindowOperator {
  /// Most windows that age ends at a time; the others come with the next call.
  static let mostPending = 10_000

  let count: Int64
  let maxAge: Int64?
  let layout: RowLayout
  let rows: RowAddressing
  let memory: StateMemory
  private let secret = HashSecret.ofProcess
  private let emitsEarly: Bool
  private let stack = Expression.makeStack()
  private let table: TablePointer
  /// By wall clock; windows that have begun, if they can be too old.
  private var timers: TimerHeap

  private(set) var openWindows = 0
  private(set) var windowsFired: Int64 = 0
  private(set) var largestRevision = 0
  private var pending: [PendingRow] = []
  private var pendingNext = 0
  private var earlyRows: [Int] = []
  /// Windows that are out.
  private var gone: [Int] = []

  init(
    count: Int64, maxAge: Int64?, configuration: ExecutorConfiguration, layout: RowLayout, memory: StateMemory
  ) {
    self.count = max(1, count)
    self.maxAge = maxAge.map { max(0, $0) }
    self.layout = layout
    rows = RowAddressing(width: layout.width, maxKeys: configuration.maxKeysPerSlice)
    self.memory = memory
    emitsEarly = configuration.earlyInterval != nil
    table = RowTable.makeUnchecked(memory: memory)
    timers = TimerHeap(table, rows, placeAt: CountHeader.timer)
  }

  deinit {
    RowTable.free(table, rows, memory: memory)
    stack.deallocate()
  }

  var hasPendingResults: Bool { pendingNext < pending.count }
  var keyCount: Int { table.pointee.keyCount }
  func replayFrom(_ input: Int) -> Int64? { nil }

  // Their contents depend on all records before: they are never read again.
  func beginReplay(watermark: Int64?) {}
  func endReplay(watermark: Int64?, largestRevision: Int) {}
  func watermarkWhenGone(through time: Int64) -> Int64 { .max }

  func begin() {
    guard !hasPendingResults else { return }
    for number in gone {
      layout.giveUpBlobs(table.pointee.row(number, rows), of: table)
      giveUpRow(table, number, rows)
    }
    gone.removeAll(keepingCapacity: true)
    // Keys are never given up, so only blobs can be in the way.
    if table.pointee.blobs.wantsMove(rows: table.pointee.rowCount) { layout.moveBlobs(of: table, rows, memory: memory) }
  }

  // MARK: Records

  func assign(
    _ columns: RecordColumns, from: Int, to: Int, now: Int64, run: inout RecordRun, clock: inout ShardClock,
    counters: inout ExecutorCounters
  ) throws(StateLimitExceeded) -> Int {
    let end = min(to, from + RecordRun.capacity)
    let latest = clock.latestTimestamp(now: now)
    run.count = 0
    for record in from..<end {
      guard isToAggregate(columns, record, latest: latest, &clock, &counters) else { continue }
      run.records[run.count] = Int32(truncatingIfNeeded: record)
      run.tables[run.count] = table
      run.rows[run.count] = try place(columns, record, now)
      run.count += 1
      counters.onTime &+= 1
      columns.outcomes?[record] = RecordOutcome.onTime
      if !clock.observe(columns, record, latest: latest) { counters.futureSkewed &+= 1 }
    }
    return end
  }

  private func place(_ columns: RecordColumns, _ record: Int, _ now: Int64) throws(StateLimitExceeded) -> UnsafeMutableRawPointer {
    let key = columns.keys[record]
    let length = max(0, Int(columns.keyLengths[record]))
    let hash = hashKey(key, length, secret)
    let time = columns.timestamps[record]
    let number: Int
    if let found = findRow(table, hash, key, length, rows) {
      number = found
    } else {
      try memory.reserve(TimerHeap.bytesPerRow)
      number = try addRow(table, hash, key, length, rows, memory)
      table.pointee.row(number, rows).rowFlags = RowFlags.used
    }
    let row = table.pointee.row(number, rows)
    let held = row.load(fromByteOffset: CountHeader.count, as: Int64.self) &+ 1
    if held == 1 {
      row.storeBytes(of: time, toByteOffset: CountHeader.smallest, as: Int64.self)
      row.storeBytes(of: time, toByteOffset: CountHeader.largest, as: Int64.self)
      row.storeBytes(
        of: row.load(fromByteOffset: CountHeader.sequence, as: Int64.self) &+ 1, toByteOffset: CountHeader.sequence, as: Int64.self)
      row.storeBytes(of: now, toByteOffset: CountHeader.begun, as: Int64.self)
      openWindows += 1
      if let maxAge, held < count { timers.set(number, due: saturatingSum(now, maxAge)) }
    } else {
      let smallest = min(time, row.load(fromByteOffset: CountHeader.smallest, as: Int64.self))
      let largest = max(time, row.load(fromByteOffset: CountHeader.largest, as: Int64.self))
      row.storeBytes(of: smallest, toByteOffset: CountHeader.smallest, as: Int64.self)
      row.storeBytes(of: largest, toByteOffset: CountHeader.largest, as: Int64.self)
    }
    row.storeBytes(of: held, toByteOffset: CountHeader.count, as: Int64.self)
    table.pointee.markDirty(number, rows)
    if held == count {
      try finish(number, hash)
    } else if emitsEarly, row.rowFlags & RowFlags.early == 0 {
      row.rowFlags |= RowFlags.early
      earlyRows.append(number)
    }
    return row
  }

  /// A window ends: its row waits to be drained, and the key gets a fresh one.
  private func finish(_ number: Int, _ hash: UInt32) throws(StateLimitExceeded) {
    let fresh = try takeRow(table, rows, memory)
    let (row, next) = (table.pointee.row(number, rows), table.pointee.row(fresh, rows))
    memcpy(next, row, RowHeader.bytes)
    next.rowFlags = RowFlags.used
    next.rowRevision = 0
    next.storeBytes(of: row.load(fromByteOffset: CountHeader.sequence, as: Int64.self), toByteOffset: CountHeader.sequence, as: Int64.self)
    timers.remove(number)
    replaceEntry(table, hash, from: number, to: fresh)
    row.rowFlags &= ~RowFlags.early
    pending.append(PendingRow(row: number, kind: .firing))
    openWindows -= 1
    windowsFired += 1
  }

  // MARK: Results

  func settle(watermark: Int64?) {}

  func advance(now: Int64) {
    // No more at a time, so that the rows that they leave can be used again.
    while pending.count - pendingNext < CountWindows.mostPending, let first = timers.first, first.due <= now {
      let row = table.pointee.row(first.row, rows)
      let hash = hashKey(table.pointee.key(ofRow: row), row.rowKeyLength, secret)
      // A fresh row for the key takes what the one that ends gives back.
      memory.limited = false
      defer { memory.limited = true }
      do throws(StateLimitExceeded) { try finish(first.row, hash) } catch { return }
    }
  }

  func endBatch() {}

  func emitEarly() {
    var found: [Int] = []
    for number in earlyRows {
      let row = table.pointee.row(number, rows)
      guard row.rowFlags & RowFlags.used != 0, row.rowFlags & RowFlags.early != 0 else { continue }
      row.rowFlags &= ~RowFlags.early
      found.append(number)
    }
    earlyRows.removeAll(keepingCapacity: true)
    found.sort {
      (span(table.pointee.row($0, rows)).end, $0) < (span(table.pointee.row($1, rows)).end, $1)
    }
    for number in found { pending.append(PendingRow(row: number, kind: .early)) }
  }

  func emitOpen() {
    earlyRows.removeAll(keepingCapacity: true)
    for number in 0..<table.pointee.rowCount {
      guard isOpen(number) else { continue }
      table.pointee.row(number, rows).rowFlags |= RowFlags.early
      earlyRows.append(number)
    }
    emitEarly()
  }

  private func span(_ row: UnsafeMutableRawPointer) -> WindowSpan {
    WindowSpan(
      start: row.load(fromByteOffset: CountHeader.smallest, as: Int64.self),
      end: row.load(fromByteOffset: CountHeader.largest, as: Int64.self))
  }

  func drain(into batch: ResultBatch) {
    while batch.count < batch.capacity, pendingNext < pending.count {
      let entry = pending[pendingNext]
      pendingNext += 1
      let row = table.pointee.row(entry.row, rows)
      let revision = row.rowRevision == UInt32.max ? row.rowRevision : row.rowRevision + 1
      row.rowRevision = revision
      table.pointee.markDirty(entry.row, rows)
      batch.append(
        row, of: table, layout, span(row), revision: Int64(revision),
        sequence: row.load(fromByteOffset: CountHeader.sequence, as: Int64.self),
        flags: entry.kind == .early ? ResultBatch.early : 0, stack: stack)
      if entry.kind == .firing { gone.append(entry.row) } else { largestRevision = max(largestRevision, Int(revision)) }
    }
    guard pendingNext == pending.count else { return }
    pending.removeAll(keepingCapacity: true)
    pendingNext = 0
  }

  func list(ofKey key: UnsafeRawBufferPointer?, into batch: ResultBatch) {
    var earliest = EarliestRows(limit: batch.capacity - batch.count)
    if let key {
      let bytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
      guard let number = findRow(table, hashKey(bytes, key.count, secret), bytes, key.count, rows) else { return }
      if isOpen(number) { earliest.add(0, number) }
    } else {
      for number in 0..<table.pointee.rowCount where isOpen(number) { earliest.add(span(table.pointee.row(number, rows)).end, number) }
    }
    for number in earliest.inOrder() {
      let row = table.pointee.row(number, rows)
      batch.append(
        row, of: table, layout, span(row), revision: Int64(row.rowRevision),
        sequence: row.load(fromByteOffset: CountHeader.sequence, as: Int64.self), flags: ResultBatch.early, stack: stack)
    }
  }

  private func isOpen(_ number: Int) -> Bool {
    let row = table.pointee.row(number, rows)
    return row.rowFlags & RowFlags.used != 0 && row.load(fromByteOffset: CountHeader.count, as: Int64.self) > 0
  }

  // MARK: State

  func snapshot(full: Bool, into state: inout ShardState, _ spare: inout SparePages) {
    state.tables.append(table.pointee.described)
    RowTable.copyPages(table, start: 0, all: full, into: &state, &spare)
  }

  func restore(_ state: ShardState) throws(StateDamaged) {
    let pages = try PagesOfTables(state)
    let described = try KeyedTableState(state).table
    let restore = TableRestore(
      table: table, rows: rows, memory: memory, secret: secret, layout: layout, isKeyed: true,
      flags: RowFlags.used | RowFlags.early, name: "count windows")
    try restore.load(described, pages)
    for number in 0..<described.rowCount {
      let row = table.pointee.row(number, rows)
      guard row.rowFlags & RowFlags.used != 0 else {
        table.pointee.freeRows.append(UInt32(truncatingIfNeeded: number))
        continue
      }
      let held = row.load(fromByteOffset: CountHeader.count, as: Int64.self)
      guard held >= 0, held < count, row.load(fromByteOffset: CountHeader.sequence, as: Int64.self) >= 1 else {
        throw restore.damaged("a window of \(held) records")
      }
      row.storeBytes(of: 0, toByteOffset: CountHeader.timer, as: UInt32.self)
      memory.addUnchecked(TimerHeap.bytesPerRow)
      try restore.enterUnique(number)
      if row.rowFlags & RowFlags.early != 0 { earlyRows.append(number) }
      guard held > 0 else { continue }
      openWindows += 1
      if let maxAge {
        timers.set(number, due: saturatingSum(row.load(fromByteOffset: CountHeader.begun, as: Int64.self), maxAge))
      }
      largestRevision = max(largestRevision, Int(row.rowRevision))
    }
  }
}
