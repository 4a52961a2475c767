/// Windows and keyed aggregation of one shard: records in, results out. Pure: time comes from records and from the `now` of its
/// calls (wall clock, ms), and one thread uses it at a time.
///
/// The order of calls: for each batch `process` until it returns `to`, draining whenever results are pending; then `endBatch` and
/// drain again; `markIdle` and `advance` between batches. Whatever was pending must be drained before `process` goes on.
///
/// What a record does: it is judged against the shard's watermark as it stands, aggregated unless it is too late, and only then
/// moves the watermark, which may fire windows before the next record is looked at.
package final class ShardExecutor {
  package let configuration: ExecutorConfiguration
  let window: TumblingWindow
  let allowedLateness: Int64
  let layout: RowLayout
  let rows: RowAddressing
  let memory: StateMemory
  let inputs: Int
  let secret = HashSecret.ofProcess
  var run = RecordRun()
  var clock: ShardClock
  var slices = SliceList()
  /// What became of the records and windows since this executor was made.
  package internal(set) var counters = ExecutorCounters()

  /// An executor without state for a shard of `inputs` partitions.
  package init(configuration: ExecutorConfiguration, inputs: Int) {
    self.configuration = configuration
    self.inputs = max(0, inputs)
    guard case .tumbling(let size, let offset) = configuration.window else { preconditionFailure("not yet") }
    window = TumblingWindow(size: size, offset: offset).normalized
    allowedLateness = max(0, configuration.allowedLateness)
    layout = RowLayout(configuration.aggregations, fieldCount: configuration.fieldCount)
    rows = RowAddressing(layout, maxKeys: configuration.maxKeysPerSlice)
    memory = StateMemory(limit: configuration.maxStateBytes, rowPageBytes: layout.pageBytes)
    clock = ShardClock(
      inputs: self.inputs, maxDelay: configuration.maxDelay, maxFutureSkew: configuration.maxFutureSkew)
  }

  deinit {
    slices.freeAll(memory: memory)
    clock.free()
    run.free()
  }

  /// The shard's watermark; nil is minus infinity.
  package var watermark: Int64? { clock.started ? clock.watermark : nil }

  /// Slices without those past their lateness whose results are drained: their keys stay valid for one more moment, and that is all.
  private var kept: ArraySlice<SlicePointer> {
    slices.slices.drop { $0.pointee.expiry <= clock.watermark && $0.pointee.pending == .nothing && !$0.pointee.hasChanges }
  }

  package func inputTime(_ input: Int) -> InputTime {
    guard (0..<inputs).contains(input) else { return InputTime() }
    let time = clock.inputs[input]
    return InputTime(watermark: time.started ? time.watermark : nil, idle: time.idle)
  }

  /// The smallest offset of that input in any slice still kept; nil if none holds a record of it.
  package func replayFrom(_ input: Int) -> Int64? {
    guard (0..<inputs).contains(input) else { return nil }
    let first = kept.reduce(Int64.max) { min($0, $1.pointee.firstOffsets[input]) }
    return first == Int64.max ? nil : first
  }

  /// The largest revision emitted for a window still kept; 0 for none.
  package var largestRevision: Int { kept.reduce(0) { max($0, $1.pointee.largestRevision) } }

  /// Windows that have not fired.
  package var openWindows: Int { slices.slices.count - slices.firedCount }

  /// Rows of all slices still kept: a key counts once per slice.
  package var keyCount: Int { kept.reduce(0) { $0 + $1.pointee.rowCount } }

  /// Memory taken by state. A few spare pages beside it are not counted.
  package var stateBytes: Int { memory.used }

  package var hasPendingResults: Bool { slices.pendingCount > 0 }

  /// Ends the batch: rows of fired windows that late records changed become pending results.
  package func endBatch() {
    slices.removeExpired(watermark: clock.watermark, memory: memory)
    slices.reviseChanged()
  }

  /// The lane found that nothing comes from that input and nothing is unread there.
  package func markIdle(_ input: Int, now: Int64) {
    slices.removeExpired(watermark: clock.watermark, memory: memory)
    clock.markIdle(input, now: now)
    settle()
  }

  /// The lane found unread records there: the input holds the shard back again, at the watermark it had.
  package func markActive(_ input: Int) { clock.markActive(input) }

  /// Lets event time go on with the wall clock while all inputs are idle. May make results pending.
  package func advance(now: Int64) {
    slices.removeExpired(watermark: clock.watermark, memory: memory)
    clock.advance(now: now)
    settle()
  }

  func settle() {
    guard clock.watermark >= slices.nextEvent else { return }
    counters.windowsFired &+= Int64(slices.settle(watermark: clock.watermark, memory: memory))
  }
}

extension ShardExecutor {
  /// Open windows that changed since they were last emitted become pending results with the flag `early`. Between batches, with
  /// nothing pending.
  package func emitEarly(now: Int64) {}

  /// Of `WatermarkPlan.manual`: raises the watermark of one input (nil: of all) to `time`; never back. May make results pending.
  package func setWatermark(_ time: Int64, input: Int?) {}
}
