/// The windows of a shard, of one kind. The executor calls it run by run, in this order: `assign` (which puts records into rows),
/// the update of the rows, `settle` (which fires what the watermark has reached).
protocol WindowOperator: AnyObject {
  /// Results wait to be drained.
  var hasPendingResults: Bool { get }
  /// Windows that have not fired.
  var openWindows: Int { get }
  /// End (ms) of the first window that holds something and has not fired; nil if there is none, or if it is not known without a search.
  var nextWindowEnd: Int64? { get }
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
  /// Open windows become pending, changed or not.
  func emitOpen()

  /// Appends pending results until the batch is full or nothing is pending.
  func drain(into batch: ResultBatch) throws(StateLimitExceeded)

  /// Appends the windows kept, of one key or of all, in order of their end until the batch is full; nothing is pending. Changes nothing.
  /// Open ones have the flag `early`; the revision is the last that went out, or 0.
  func list(ofKey key: UnsafeRawBufferPointer?, into batch: ResultBatch) throws(StateLimitExceeded)

  /// Records that were processed before come again, up to `endReplay`: nothing is settled or drained meanwhile. `watermark`: the shard's,
  /// which stands still; nil is minus infinity.
  func beginReplay(watermark: Int64?)
  /// `largestRevision`: of what went out for windows still kept.
  func endReplay(watermark: Int64?, largestRevision: Int)
  /// The watermark at which every window is gone that a record of that time, or an earlier one, can be in.
  func watermarkWhenGone(through time: Int64) -> Int64

  func snapshot(full: Bool, into state: inout ShardState, _ spare: inout SparePages)
  /// Into a new operator. The watermark of the state has been settled when it was copied.
  func restore(_ state: ShardState) throws(StateDamaged)
}

extension WindowOperator {
  var nextWindowEnd: Int64? { nil }
  func advance(now: Int64) {}
}
