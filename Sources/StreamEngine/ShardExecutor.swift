/// Windows and keyed aggregation of one shard: records in, results out. Pure: time comes from records and from the `now` of its
/// calls (wall clock, ms), and one thread uses it at a time.
///
/// The order of calls: for each batch `process` until it returns `to`, draining whenever results are pending; then `endBatch` and
/// drain again; `markIdle`, `markActive`, `advance`, `emitEarly` and `setWatermark` between batches, each followed by a drain. While
/// results are pending, `process`, `endBatch` and `emitEarly` do nothing.
///
/// What a record does: it is judged against the shard's watermark as it stands, aggregated unless it is too late, and only then
/// moves the watermark, which may fire windows before the next record is looked at.
package final class ShardExecutor {
  package let configuration: ExecutorConfiguration
  let layout: RowLayout
  let memory: StateMemory
  let inputs: Int
  let windows: any WindowOperator
  private var run = RecordRun()
  private var clock: ShardClock
  private var recordCounters = ExecutorCounters()
  /// Set while records come again: the largest revision that went out before.
  private var replayedRevision: Int?

  /// The state was stored in another layout, so the first snapshot has to be a full one.
  package private(set) var isConverted = false

  /// An executor without state for a shard of `inputs` partitions.
  package convenience init(configuration: ExecutorConfiguration, inputs: Int) {
    self.init(configuration, RowLayout(configuration, headerBytes: configuration.window.rowHeaderBytes), inputs: inputs)
  }

  private init(_ configuration: ExecutorConfiguration, _ layout: RowLayout, inputs: Int) {
    self.configuration = configuration
    self.inputs = max(0, inputs)
    self.layout = layout
    memory = StateMemory(
      limit: configuration.maxStateBytes, rowPageBytes: RowAddressing(width: layout.width, maxKeys: 0).pageBytes)
    windows = configuration.window.makeOperator(configuration, layout, inputs: self.inputs, memory)
    clock = ShardClock(inputs: self.inputs, configuration)
  }

  /// An executor that goes on from a stored state: a full snapshot, or one with all deltas applied to it, of the same window. Of other
  /// aggregations it takes over what both have (`LayoutConversion`). Everything in it is checked, since it comes from disk. State beyond
  /// the configured limits is taken in.
  package convenience init(configuration: ExecutorConfiguration, restoring state: ShardState) throws(StateDamaged) {
    guard let stored = state.layout else { throw StateDamaged(message: "nothing says how its rows are to be read") }
    let conversion = try LayoutConversion(
      of: stored, to: RowLayout(configuration, headerBytes: configuration.window.rowHeaderBytes))
    self.init(configuration, conversion.layout, inputs: state.inputs.count)
    isConverted = conversion.isNeeded
    let state = isConverted ? try conversion.convert(state, isEmpty: configuration.window.isEmptyRow) : state
    memory.limited = false
    defer { memory.limited = true }
    guard state.isFull else { throw StateDamaged(message: "the state is a delta, not a whole") }
    clock.restore(
      watermark: state.watermark, times: state.inputs, allIdleSince: state.allIdleSince,
      allIdleWatermark: state.allIdleWatermark)
    try windows.restore(state)
    // A minimum over inputs that are not idle any more cannot lie higher, but what is due must not wait for the next record.
    windows.settle(watermark: watermark)
  }

  /// An executor whose windows are filled again from the records that were processed before, up to `endReplay`: nothing comes out and
  /// nothing is counted meanwhile, and event time stands still. Legal where `canReplay`.
  package convenience init(configuration: ExecutorConfiguration, inputs: Int, replaying start: ReplayStart) {
    self.init(configuration: configuration, inputs: inputs)
    let times = (0..<inputs).map { InputTime(watermark: $0 < start.inputs.count ? start.inputs[$0] : nil) }
    clock.restore(watermark: start.watermark, times: times, allIdleSince: nil, allIdleWatermark: nil)
    clock.freeze()
    replayedRevision = start.largestRevision
    windows.beginReplay(watermark: watermark)
  }

  deinit {
    clock.free()
    run.free()
  }

  // MARK: What there is

  /// What became of the records and windows since this executor was made.
  package var counters: ExecutorCounters {
    var counters = recordCounters
    counters.windowsFired = windows.windowsFired
    return counters
  }

  /// The shard's watermark; nil is minus infinity.
  package var watermark: Int64? { clock.started ? clock.watermark : nil }

  package func inputTime(_ input: Int) -> InputTime {
    guard (0..<inputs).contains(input) else { return InputTime() }
    let time = clock.inputs[input]
    return InputTime(watermark: time.started ? time.watermark : nil, idle: time.idle)
  }

  /// The smallest offset of that input that a kept window needs to be computed again; nil if none holds a record of it.
  package func replayFrom(_ input: Int) -> Int64? {
    (0..<inputs).contains(input) ? windows.replayFrom(input) : nil
  }

  /// Windows can be computed again from the records of the log.
  package var canReplay: Bool { configuration.window.canReplay }

  /// The largest revision emitted for a window still kept; 0 for none.
  package var largestRevision: Int { windows.largestRevision }

  /// Windows that have not fired.
  package var openWindows: Int { windows.openWindows }

  /// End (ms) of the first window that waits for the watermark; nil if there is none, or if it is not known without a search.
  package var nextWindowEnd: Int64? { windows.nextWindowEnd }

  /// Rows of all windows still kept: a key counts once per slice, session or count window.
  package var keyCount: Int { windows.keyCount }

  /// Memory taken by state. A few spare pages beside it are not counted.
  package var stateBytes: Int { memory.used }

  // MARK: Records

  /// Processes records from ..< to in order.
  ///
  /// Returns the index of the first record not processed: `to`, or less when results became pending and must be drained first.
  /// `now`: the wall clock, ms, for all these records.
  package func process(_ columns: RecordColumns, from: Int, to: Int, now: Int64) throws(StateLimitExceeded) -> Int {
    precondition(from >= 0 && to <= columns.count)
    if isReplaying { return try replay(columns, from: from, to: to, now: now) }
    var next = from
    while next < to, !hasPendingResults {
      windows.begin()
      next = try windows.assign(
        columns, from: next, to: to, now: now, run: &run, clock: &clock, counters: &recordCounters)
      try layout.update(columns, run, memory: memory)
      windows.settle(watermark: watermark)
    }
    return next
  }

  private func replay(_ columns: RecordColumns, from: Int, to: Int, now: Int64) throws(StateLimitExceeded) -> Int {
    var uncounted = ExecutorCounters()
    var columns = columns
    columns.outcomes = nil
    var next = from
    while next < to {
      windows.begin()
      next = try windows.assign(columns, from: next, to: to, now: now, run: &run, clock: &clock, counters: &uncounted)
      try layout.update(columns, run, memory: memory)
    }
    return next
  }

  package var isReplaying: Bool { replayedRevision != nil }

  /// Every record up to where the windows stood has come: live from here.
  package func endReplay() {
    guard let revision = replayedRevision else { return }
    replayedRevision = nil
    clock.thaw(configuration.watermark)
    windows.endReplay(watermark: watermark, largestRevision: revision)
    windows.settle(watermark: watermark)
  }

  /// The watermark at which every window is gone that a record of that time, or an earlier one, can be in.
  package func watermarkWhenGone(through time: Int64) -> Int64 { windows.watermarkWhenGone(through: time) }

  /// Ends the batch: rows of fired windows that late records changed become pending results.
  package func endBatch() {
    guard !hasPendingResults else { return }
    windows.begin()
    windows.endBatch()
  }

  // MARK: Time

  /// The lane found that nothing comes from that input and nothing is unread there.
  package func markIdle(_ input: Int, now: Int64) {
    windows.begin()
    clock.markIdle(input, now: now)
    windows.settle(watermark: watermark)
  }

  /// The lane found unread records there: the input holds the shard back again, at the watermark it had. If all others are idle,
  /// that may lie ahead, and make results pending.
  package func markActive(_ input: Int) { markActive([input]) }

  /// The same for several at once: one alone may lie far ahead of the others.
  package func markActive(_ inputs: [Int]) {
    windows.begin()
    clock.markActive(inputs)
    windows.settle(watermark: watermark)
  }

  /// Lets event time go on with the wall clock while all inputs are idle, and ends count windows that are too old. May make results
  /// pending.
  package func advance(now: Int64) {
    windows.begin()
    clock.advance(now: now)
    windows.advance(now: now)
    windows.settle(watermark: watermark)
  }

  /// Of `WatermarkPlan.manual`: raises the watermark of one input (nil: of all) to `time`; never back. May make results pending.
  package func setWatermark(_ time: Int64, input: Int?) {
    guard configuration.watermark == .manual else { return }
    windows.begin()
    clock.set(time, inputs: input.map { $0..<$0 + 1 } ?? 0..<inputs)
    windows.settle(watermark: watermark)
  }

  // MARK: Results

  package var hasPendingResults: Bool { windows.hasPendingResults }

  /// Open windows that changed since they were last emitted become pending results with the flag `early`.
  package func emitEarly(now: Int64) {
    guard !hasPendingResults else { return }
    windows.begin()
    windows.emitEarly()
  }

  /// Every open window becomes a pending result with the flag `early`, changed or not; the windows stay.
  package func emitOpen() {
    guard !hasPendingResults else { return }
    windows.begin()
    windows.emitOpen()
  }

  /// Appends pending results until the batch is full or nothing is pending: windows in order of their end.
  ///
  /// - Throws: when a merge of a user's own aggregation needs more than a state may have; nothing is lost, since no checkpoint can be
  ///   made before results are drained.
  package func drainResults(into batch: ResultBatch) throws(StateLimitExceeded) {
    precondition(batch.aggregationCount == layout.outputs.count)
    // What is on its way out takes memory for a moment; the next new key meets the limit.
    memory.limited = false
    defer { memory.limited = true }
    try windows.drain(into: batch)
  }

  /// Appends windows as they stand: the open ones, with the flag `early`, and those that are out and that late records may still change.
  /// In order of their end until the batch is full; the revision is the last that went out, 0 for none. Changes nothing.
  ///
  /// `key`: of which key; nil for all. Between batches, while nothing is pending; `forgetResults` follows.
  ///
  /// - Throws: when a merge of a user's own aggregation needs more than a state may have.
  package func listWindows(ofKey key: UnsafeRawBufferPointer? = nil, into batch: ResultBatch) throws(StateLimitExceeded) {
    precondition(batch.aggregationCount == layout.outputs.count)
    guard !hasPendingResults, !isReplaying else { return }
    windows.begin()
    memory.limited = false
    defer { memory.limited = true }
    try windows.list(ofKey: key, into: batch)
  }

  /// The results that were drained are not needed any more: gives back what they pointed to.
  package func forgetResults() { windows.begin() }

  // MARK: State

  /// A copy of the state: of all pages (`full`), or of those that changed since the last snapshot or since the state was restored.
  /// Clears the marks, so a snapshot that cannot be stored must be followed by a full one.
  ///
  /// Legal only while nothing is pending: a window whose results are half out has no place in a checkpoint.
  package func snapshot(full: Bool) -> ShardState {
    var spare = sparePages()
    return snapshot(full: full, &spare)
  }

  /// Memory for copies of this executor.
  package func sparePages() -> SparePages { SparePages(size: memory.rowPageBytes) }

  /// The same, into memory of earlier copies where there is any.
  package func snapshot(full: Bool, _ spare: inout SparePages) -> ShardState {
    precondition(!hasPendingResults && !isReplaying)
    windows.begin()
    var state = ShardState(
      watermark: watermark, allIdleSince: clock.allIdleSince, allIdleWatermark: clock.allIdleWatermark,
      inputs: (0..<inputs).map { inputTime($0) }, tables: [], pages: [], isFull: full)
    state.layout = layout.stored
    windows.snapshot(full: full, into: &state, &spare)
    return state
  }
}
