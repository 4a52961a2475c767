/// Sessions: records of a key at most `gap` apart. They merge, in whatever order their records come.
///
/// All sessions stand in one table. A key leads to the root of the tree of its sessions, which share the bytes of the key. A session
/// that the watermark has passed is fired at the end of the run in which that happened, or before the next record that meets it.
final class SessionWindows: WindowOperator {
  /// Most results that are made ready at a time.
  static let mostPending = 10_000

  let gap: Int64
  let lateness: Int64
  let layout: RowLayout
  let rows: RowAddressing
  let inputs: Int
  let memory: StateMemory
  let secret = HashSecret.ofProcess
  let emitsEarly: Bool
  let stack = Expression.makeStack()
  let table: TablePointer
  let tree: SessionTree
  /// By end, or where it has fired by the time at which it is let go; the time can be too early, since sessions grow.
  var timers: TimerHeap
  var trail: OffsetTrail

  /// Int64.min before there is one.
  var watermark = Int64.min
  var windowsFired: Int64 = 0
  /// Sessions that have fired.
  var firedCount = 0
  /// Ends up to here were let go by an executor before this one, which may have kept windows for a shorter time.
  var letGo = Int64.min
  /// Records come again from the log.
  var isReplaying = false
  /// Of any session so far: a bound.
  private(set) var largestRevision = 0

  var pending: [PendingRow] = []
  var pendingNext = 0
  /// Fired sessions that late records changed, and open ones that changed since the last early results.
  var lateRows: [Int] = []
  var earlyRows: [Int] = []
  /// Rows to give up once nobody points to them any more: sessions past their lateness, and retracted ones.
  var gone: [Int] = []
  var retracted: [Int] = []
  /// The first record that any session needs; nil: not looked for since something changed.
  private var oldestStart: Int64??

  init(gap: Int64, configuration: ExecutorConfiguration, layout: RowLayout, inputs: Int, memory: StateMemory) {
    self.gap = max(0, gap)
    lateness = max(0, configuration.allowedLateness)
    self.layout = layout
    rows = RowAddressing(width: layout.width, maxKeys: configuration.maxKeysPerSlice)
    self.inputs = inputs
    self.memory = memory
    emitsEarly = configuration.earlyInterval != nil
    table = RowTable.makeUnchecked(memory: memory)
    tree = SessionTree(table: table, rows: rows)
    timers = TimerHeap(table, rows, placeAt: SessionHeader.timer)
    trail = OffsetTrail(inputs: inputs, width: gap)
  }

  deinit {
    RowTable.free(table, rows, memory: memory)
    stack.deallocate()
  }

  // MARK: What there is

  var hasPendingResults: Bool { pendingNext < pending.count }
  var keyCount: Int { table.pointee.liveRows - retracted.count - gone.count }
  /// Sessions that are out wait in the same order to be let go; while one of them comes first, the next is not known.
  var nextWindowEnd: Int64? {
    guard let first = timers.first else { return nil }
    let row = table.pointee.row(first.row, rows)
    return row.rowFlags & RowFlags.fired == 0 ? end(row) : nil
  }

  var openWindows: Int { keyCount - firedCount + gone.count }

  func replayFrom(_ input: Int) -> Int64? {
    oldestNeeded().flatMap { trail.first(input, since: $0) }
  }

  /// Start of the first session; nil if there is none.
  func oldestNeeded() -> Int64? {
    let oldest = oldestStart ?? findOldestStart()
    oldestStart = .some(oldest)
    return oldest
  }

  private func findOldestStart() -> Int64? {
    var oldest: Int64?
    for number in 0..<table.pointee.rowCount {
      let row = table.pointee.row(number, rows)
      guard row.rowFlags & RowFlags.used != 0 else { continue }
      oldest = min(oldest ?? Int64.max, row.sessionStart)
    }
    return oldest
  }

  @inline(__always)
  func end(_ row: UnsafeMutableRawPointer) -> Int64 { saturatingSum(row.sessionLast, gap) }

  // MARK: Letting go

  func begin() {
    oldestStart = nil
    guard !hasPendingResults else { return }
    for number in retracted { giveUp(number) }
    retracted.removeAll(keepingCapacity: true)
    for number in gone { remove(number) }
    gone.removeAll(keepingCapacity: true)
    if table.pointee.keys.wantsMove(rows: table.pointee.rowCount) { moveKeys() }
    if table.pointee.blobs.wantsMove(rows: table.pointee.rowCount) { layout.moveBlobs(of: table, rows, memory: memory) }
  }

  /// Takes a session out of the tree of its key, and the key out of the table with its last one.
  func detach(_ number: Int) {
    let row = table.pointee.row(number, rows)
    timers.remove(number)
    let (key, length) = (table.pointee.key(ofRow: row), row.rowKeyLength)
    let hash = hashKey(key, length, secret)
    guard let root = findRow(table, hash, key, length, rows) else { return }
    if let other = tree.remove(number, root: root) {
      if other != root { replaceEntry(table, hash, from: root, to: other) }
    } else {
      removeEntry(table, hash, root)
      if length > 0 { table.pointee.keys.giveUp(length, alignment: 1) }
    }
  }

  private func remove(_ number: Int) {
    detach(number)
    giveUp(number)
    firedCount -= 1
  }

  /// The row holds nothing any more.
  func giveUp(_ number: Int) {
    layout.giveUpBlobs(table.pointee.row(number, rows), of: table)
    giveUpRow(table, number, rows)
    memory.release(TimerHeap.bytesPerRow)
  }

  /// A row for a session that no tree holds yet.
  func takeSession() throws(StateLimitExceeded) -> Int {
    try memory.reserve(TimerHeap.bytesPerRow)
    return try takeRow(table, rows, memory)
  }

  // MARK: Results

  func emit(_ entry: PendingRow, into batch: ResultBatch) {
    let row = table.pointee.row(entry.row, rows)
    let revision = row.rowRevision == UInt32.max ? row.rowRevision : row.rowRevision + 1
    var flags: UInt8 = 0
    switch entry.kind {
    case .firing: windowsFired += 1
    case .revision: row.rowFlags &= ~RowFlags.late
    case .early: flags = ResultBatch.early
    case .retraction: flags = ResultBatch.retracted
    }
    batch.append(
      row, of: table, layout, WindowSpan(start: row.sessionStart, end: end(row)), revision: Int64(revision), flags: flags,
      stack: stack)
    row.rowRevision = revision
    row.rowFlags = row.rowFlags & ~RowFlags.early | RowFlags.emitted
    table.pointee.markDirty(entry.row, rows)
    largestRevision = max(largestRevision, Int(revision))
    if entry.kind == .retraction { retracted.append(entry.row) }
  }

  func noteRestored(revision: Int) { largestRevision = max(largestRevision, revision) }
}
