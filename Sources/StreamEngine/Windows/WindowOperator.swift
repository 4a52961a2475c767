/// The windows of a shard, of one kind. The executor calls it run by run, in this order: `assign` (which puts records into rows),
/// the update of the rows, `settle` (which fires what the watermark has reached).
protocol WindowOperator: AnyObject {
  /// Results wait to be drained.
  var hasPendingResults: Bool { get }
  /// Windows that have not fired.
  var openWindows: Int { get }
  /// Rows kept: a key counts once per slice, session or count window.
  var keyCount: Int { get }
  /// Windows fired since the operator was made.
  var windowsFired: Int64 { get }
  /// The largest revision emitted for a window still kept, or a bound of it; 0 for none.
  var largestRevision: Int { get }
  /// The smallest offset of that input that a kept window needs (a smaller one does no harm); nil if none does.
  func replayFrom(_ input: Int) -> Int64?

  /// Lets go of what drained results still pointed to. Comes first in every call that may change something; does nothing while
  /// results are pending.
  func begin()

  /// Judges records from ..< to in order, as many as fit the run and can be taken together, moves the clock, and finds their rows.
  /// Returns the index of the first record not looked at.
  func assign(
    _ columns: RecordColumns, from: Int, to: Int, now: Int64, run: inout RecordRun, clock: inout ShardClock,
    counters: inout ExecutorCounters
  ) throws(StateLimitExceeded) -> Int

  /// The watermark has moved; nil is minus infinity.
  func settle(watermark: Int64?)
  /// The wall clock (ms) has moved.
  func advance(now: Int64)

  /// Revisions of fired windows that late records changed become pending.
  func endBatch()
  /// Open windows that changed become pending.
  func emitEarly()

  /// Appends pending results until the batch is full or nothing is pending.
  func drain(into batch: ResultBatch) throws(StateLimitExceeded)

  func snapshot(full: Bool, into state: inout ShardState)
  /// Into a new operator. The watermark of the state has been settled when it was copied.
  func restore(_ state: ShardState) throws(StateDamaged)
}

extension WindowOperator {
  func advance(now: Int64) {}
}
