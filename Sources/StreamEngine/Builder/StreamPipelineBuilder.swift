/// Describes a pipeline over events of your own type, step by step. A value: each step gives a changed copy.
///
/// ```swift
/// let pipeline = try StreamPipelineBuilder<Reading>()
///   .withName("readings").withTumblingWindow(milliseconds: 60_000)
///   .withAggregation(.average(\.value), as: "avg").withAggregation(.count, as: "count")
///   .build()
/// ```
///
/// A window and at least one aggregation are needed; everything else has a default. Nothing is checked before `build`, which names
/// every fault at once.
public struct StreamPipelineBuilder<Event: StreamEvent>: Sendable {
  struct Member: Sendable {
    var name: String
    var aggregate: Aggregate<Event>
    var condition: (@Sendable (Event) -> Bool)?
  }

  var name = "stream-pipeline"
  /// Every one that was asked for; one is right.
  var windows: [WindowPlan] = []
  var allowedLateness: Int64 = 5_000
  var watermark = WatermarkStrategy<Event>.boundedOutOfOrderness(milliseconds: 10_000)
  var idleTimeout: Int64 = 60_000
  var maxFutureSkew: Int64 = 10_000
  /// nil: goes by the window.
  var maxDrift: Int64?
  var earlyInterval: Int64?
  var bufferSize = 10_000
  var maxKeys = 5_000_000
  var maxStateBytes = 1 << 30
  var filters: [@Sendable (Event) -> Bool] = []
  var members: [Member] = []

  public init() {}

  /// In the headers of results, in the path of checkpoints and in what stored windows belong to: change it when what a closure or
  /// a field means changes. `a-z`, `0-9`, `.`, `_` and `-`, at most 63, beginning with a letter or digit.
  public func withName(_ name: String) -> Self { with { $0.name = name } }

  /// One window after another, aligned to the epoch plus `offset` (milliseconds, less than the size).
  public func withTumblingWindow(milliseconds size: Int64, offset: Int64 = 0) -> Self {
    with { $0.windows.append(.tumbling(size: size, offset: offset)) }
  }

  /// Windows of that size that begin every `slideMilliseconds` (at most the size, any ratio). An event is in each that covers it;
  /// the cost of an event does not grow with their number.
  public func withSlidingWindow(milliseconds size: Int64, slideMilliseconds slide: Int64, offset: Int64 = 0) -> Self {
    with { $0.windows.append(.sliding(size: size, slide: slide, offset: offset)) }
  }

  /// Events of a key at most the gap apart share a window. It ends a gap after its last event.
  public func withSessionWindow(gapMilliseconds gap: Int64) -> Self {
    with { $0.windows.append(.session(gap: gap)) }
  }

  /// Every `count` events of a key, in the order in which they come. `maxAgeMilliseconds` (wall clock, from its first event) ends a
  /// window that does not fill.
  public func withCountWindow(_ count: Int64, maxAgeMilliseconds: Int64? = nil) -> Self {
    with { $0.windows.append(.count(count, maxAge: maxAgeMilliseconds)) }
  }

  /// How long after its end a window is kept for late events, which bring out its result again with a higher revision. Default 5,000.
  public func withAllowedLateness(milliseconds: Int64) -> Self { with { $0.allowedLateness = milliseconds } }

  public func withWatermark(_ strategy: WatermarkStrategy<Event>) -> Self { with { $0.watermark = strategy } }

  /// After so long without an event, and with nothing left to read, a partition no longer holds the others back. Default 60,000.
  public func withIdleTimeout(milliseconds: Int64) -> Self { with { $0.idleTimeout = milliseconds } }

  /// An event further than this ahead of the wall clock counts, and moves no watermark. Default 10,000; at most a day, beyond which
  /// events are skipped as `timestamp_in_future`.
  public func withMaxFutureSkew(milliseconds: Int64) -> Self { with { $0.maxFutureSkew = milliseconds } }

  /// A partition further than this (event time) ahead of the slowest one with unread records is not read until half of that is
  /// made up, so that a long backlog does not open every window at once. Default: ten windows, at least 10 minutes.
  public func withMaxDrift(milliseconds: Int64) -> Self { with { $0.maxDrift = milliseconds } }

  /// Windows that are still open and changed also come out so often (wall clock), with `isFinal` false. At least 100.
  public func withEarlyResults(everyMilliseconds interval: Int64) -> Self { with { $0.earlyInterval = interval } }

  /// The most events in one batch. Default 10,000.
  public func withBufferSize(_ events: Int) -> Self { with { $0.bufferSize = events } }

  /// Events for which it is false are left out; they still move event time. Several must all hold.
  public func withFilter(_ isWanted: @escaping @Sendable (Event) -> Bool) -> Self { with { $0.filters.append(isWanted) } }

  /// Bounds on memory, beyond which the pipeline fails with its last checkpoint intact: keys of a window (default 5,000,000) and
  /// bytes of all windows (default 1 GiB).
  public func withLimits(maxKeys: Int = 5_000_000, maxStateBytes: Int = 1 << 30) -> Self {
    with {
      $0.maxKeys = maxKeys
      $0.maxStateBytes = maxStateBytes
    }
  }

  /// One more member of the result, called `name`. Where `condition` is false the event is passed over by this one alone.
  public func withAggregation(
    _ aggregate: Aggregate<Event>, as name: String, where condition: (@Sendable (Event) -> Bool)? = nil
  ) -> Self {
    with { $0.members.append(Member(name: name, aggregate: aggregate, condition: condition)) }
  }

  private func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }
}
