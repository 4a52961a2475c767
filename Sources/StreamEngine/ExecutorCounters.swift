/// What became of the records and windows since the executor was made.
package struct ExecutorCounters: Sendable, Equatable {
  /// Aggregated into a window that had not fired.
  package var onTime: Int64 = 0
  /// Aggregated into a window that had fired and was still kept.
  package var lateAccepted: Int64 = 0
  /// Came after their window was let go.
  package var lateDropped: Int64 = 0
  /// Left out by a filter.
  package var filtered: Int64 = 0
  package var windowsFired: Int64 = 0
  /// Too far ahead of the wall clock to move a watermark. They are also among the others.
  package var futureSkewed: Int64 = 0

  package init() {}
}
