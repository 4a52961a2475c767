/// How records are put into windows. Times are milliseconds; every window is half-open `[start, end)`.
package enum WindowPlan: Sendable, Equatable {
  /// One window after another, aligned to the epoch plus `offset` (0 ..< size).
  case tumbling(size: Int64, offset: Int64)
  /// Windows of `size` that begin every `slide` (1 ... size), aligned to the epoch plus `offset` (0 ..< slide). A record is in every
  /// window that covers it.
  case sliding(size: Int64, slide: Int64, offset: Int64)
  /// Records of a key at most `gap` apart share a window: start is the first record, end the last one + gap.
  case session(gap: Int64)
  /// Every `count` records of a key, in the order in which they come. `maxAge`: wall clock since the first record of a window, after
  /// which it ends with what it has.
  case count(Int64, maxAge: Int64?)
}
