/// Tumbling and sliding windows. Records are aggregated once, in their slice; a window that closes merges its slices.
///
/// A window has fired once the watermark has reached its end, whether or not it held anything then. What it emitted first is not
/// written down; `WindowMarks` hold the revisions of those keys only that came out again.
final class SlicedWindows: WindowOperator {
  let grid: SliceGrid
  let lateness: Int64
  let layout: RowLayout
  let rows: RowAddressing
  /// As `rows`; slices that are within their limit of keys may together be beyond it.
  let mergedRows: RowAddressing
  let inputs: Int
  let memory: StateMemory
  let secret = HashSecret.ofProcess
  let emitsEarly: Bool
  let stack = Expression.makeStack()

  /// In order of start.
  var slices: [SlicePointer] = []
  /// Windows with marks, in order of end.
  var marks: [WindowMarks] = []
  /// Watermark up to which everything was fired and drained; nil: minus infinity.
  var settled: Int64?
  /// Watermark that is being settled.
  var target: Int64?
  /// The watermark at which a window fires, a slice is let go or a window that late records changed is; Int64.max for never.
  var nextEvent = Int64.max
  /// The watermark at which the first window that late records changed is let go; Int64.max for none.
  var lateExpiry = Int64.max
  /// Some row has `RowFlags.late`.
  var hasLate = false
  /// Ends up to here were let go by an executor before this one, which may have kept windows for a shorter time.
  var letGo = Int64.min
  /// Records come again from the log.
  var isReplaying = false
  var floor: RevisionFloor?
  /// End of the next window that holds something and has not fired.
  var nextFire: Int64?
  var windowsFired: Int64 = 0
  /// Starts of slices and windows whose pages a snapshot held and that were let go since the last one.
  var removed: [Int64] = []

  /// Windows that come out again, in order of end, and how.
  var queue: [Int64] = []
  var queueKind = WindowDrain.Kind.revision
  var queueNext = 0
  /// The slices whose changes they show.
  var queueSlices: [SlicePointer] = []
  var draining: WindowDrain?
  let blocks = SliceBlocks()
  /// Most merged tables that wait to be freed: a drain ends there.
  static let mostRetired = 64
  /// Merged tables that drained results still point to.
  var retired: [TablePointer] = []

  init(grid: SliceGrid, configuration: ExecutorConfiguration, layout: RowLayout, inputs: Int, memory: StateMemory) {
    self.grid = grid
    lateness = max(0, configuration.allowedLateness)
    self.layout = layout
    rows = RowAddressing(width: layout.width, maxKeys: configuration.maxKeysPerSlice)
    mergedRows = RowAddressing(width: layout.width, maxKeys: Int.max)
    self.inputs = inputs
    self.memory = memory
    emitsEarly = configuration.earlyInterval != nil
  }

  deinit {
    draining?.free(rows, memory: memory)
    for slice in slices { Slice.free(slice, rows, memory: memory) }
    for mark in marks { mark.free(memory: memory) }
    for table in retired { RowTable.free(table, rows, memory: memory) }
    blocks.removeAll(before: Int64.max, rows, memory: memory)
    stack.deallocate()
  }

  // MARK: What there is

  /// Slices without those whose results are drained and that wait to be let go.
  var kept: ArraySlice<SlicePointer> {
    guard let settled, !hasPendingResults else { return slices[...] }
    return slices.drop { $0.pointee.expiry <= settled }
  }

  var keyCount: Int { kept.reduce(0) { $0 + $1.pointee.table.pointee.liveRows } }

  var nextWindowEnd: Int64? { nextFire }

  var openWindows: Int {
    var count = 0
    // Behind the last window counted.
    var next = settled
    for slice in slices where next.map({ slice.pointee.lastEnd > $0 }) ?? true {
      let first = next.map { max(slice.pointee.firstEnd, grid.firstEnd(after: $0)) } ?? slice.pointee.firstEnd
      guard first <= slice.pointee.lastEnd else { continue }
      count += Int(clamping: saturatingDifference(slice.pointee.lastEnd, first) / grid.slide) + 1
      next = slice.pointee.lastEnd
    }
    return count
  }

  var largestRevision: Int {
    let marked = marks.filter { isKept($0.end) }.map(\.largestRevision).max() ?? 0
    let known = floor.map { isKept($0.earlyThrough) ? $0.largest : 0 } ?? 0
    guard let settled else { return max(marked, known) }
    guard kept.contains(where: { $0.pointee.firstEnd <= settled }) else { return max(marked, known) }
    return max(marked, known, 1)
  }

  func isKept(_ end: Int64) -> Bool { settled.map { saturatingSum(end, lateness) > $0 } ?? true }

  func replayFrom(_ input: Int) -> Int64? {
    let first = kept.reduce(Int64.max) { min($0, $1.pointee.firstOffsets[input]) }
    return first == Int64.max ? nil : first
  }

  // MARK: Slices

  /// Position of the first slice that does not begin before `start`.
  func position(_ start: Int64) -> Int {
    var low = 0
    var high = slices.count
    while low < high {
      let middle = (low + high) / 2
      if slices[middle].pointee.start < start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The slices of the window with that end.
  func members(ofEnd end: Int64) -> ArraySlice<SlicePointer> {
    slices[position(grid.start(ofEnd: end))..<position(end)]
  }

  /// The slice of that time, made if need be; nil if the last of its windows was let go already.
  ///
  /// No window that holds something has ended up to the watermark (Int64.min before it has begun), or it would have fired.
  func openSlice(_ time: Int64, _ watermark: Int64) throws(StateLimitExceeded) -> SlicePointer? {
    if watermark > Int64.min { settled = max(settled ?? watermark, watermark) }
    let start = grid.slice(of: time).start
    let place = position(start)
    let slice: SlicePointer
    if place < slices.count, slices[place].pointee.start == start {
      slice = slices[place]
      if slice.pointee.expiry <= watermark { return nil }
    } else {
      let lastEnd = grid.lastEnd(time)
      if saturatingSum(lastEnd, lateness) <= watermark || lastEnd <= letGo { return nil }
      slice = try Slice.make(time, grid, lateness: lateness, inputs: inputs, memory: memory)
      slices.insert(slice, at: place)
      findNextEvent()
    }
    if let slide = grid.slide(of: time) { blocks.remove(holding: slide, rows, memory: memory) }
    let isLate = slice.pointee.firstEnd <= watermark && !isReplaying
    if isLate { noteLate(slice, watermark) }
    slice.pointee.table.pointee.touch = (isLate ? RowFlags.late : 0) | (emitsEarly ? RowFlags.early : 0)
    return slice
  }

  /// A late record comes into the slice: its first window that is still kept must come out again before it is let go.
  private func noteLate(_ slice: SlicePointer, _ watermark: Int64) {
    let end = max(slice.pointee.firstEnd, grid.firstEnd(after: saturatingDifference(watermark, lateness)))
    hasLate = true
    lateExpiry = min(lateExpiry, saturatingSum(end, lateness))
    nextEvent = min(nextEvent, lateExpiry)
  }

  func findNextEvent() {
    nextFire = endToFire()
    nextEvent = min(nextFire ?? Int64.max, slices.first?.pointee.expiry ?? Int64.max, lateExpiry)
  }

  /// End of the first window that holds something and lies behind `settled`.
  private func endToFire() -> Int64? {
    guard let settled else { return slices.first?.pointee.firstEnd }
    let end = grid.firstEnd(after: settled)
    guard end > settled else { return nil }
    let place = position(grid.start(ofEnd: end))
    guard place < slices.count else { return nil }
    return slices[place].pointee.start < end ? end : slices[place].pointee.firstEnd
  }

  /// Merged tables of windows that are out.
  func freeRetired() {
    for table in retired { RowTable.free(table, rows, memory: memory) }
    retired.removeAll(keepingCapacity: true)
  }

  func begin() {
    guard !hasPendingResults else { return }
    freeRetired()
    guard let settled else { return }
    forgetOldFloor()
    var gone = 0
    while gone < slices.count, slices[gone].pointee.expiry <= settled {
      let slice = slices[gone]
      if slice.pointee.stored { removed.append(slice.pointee.start) }
      Slice.free(slice, rows, memory: memory)
      gone += 1
    }
    if gone > 0 {
      slices.removeFirst(gone)
      findNextEvent()
    }
    let old = marks.prefix { !isKept($0.end) }.count
    guard old > 0 else { return }
    for mark in marks[..<old] {
      if mark.stored { removed.append(grid.start(ofEnd: mark.end)) }
      mark.free(memory: memory)
    }
    marks.removeFirst(old)
  }
}
