/// All that a `ShardExecutor` is told about its pipeline. Times are milliseconds.
package struct ExecutorConfiguration: Sendable, Equatable {
  package var window: WindowPlan
  package var allowedLateness: Int64 = 5_000
  package var watermark = WatermarkPlan.boundedOutOfOrderness
  /// Bound on out-of-orderness: a partition's watermark is its largest timestamp minus this.
  package var maxDelay: Int64 = 10_000
  /// A record further than this ahead of the wall clock is counted but moves no watermark.
  package var maxFutureSkew: Int64 = 10_000
  /// Open windows that changed are also emitted so often, by `emitEarly`; nil: only once they close.
  package var earlyInterval: Int64?
  /// The members of a result, in order.
  package var aggregations: [AggregationPlan]
  /// Columns of `RecordColumns`.
  package var fieldCount: Int
  /// What each column is, in words that stay the same while others come and go: by them the accumulators of a stored state are found
  /// again under other aggregations. Without a name a column is its number.
  package var columnNames: [String] = []
  package var maxKeysPerSlice: Int = 5_000_000
  package var maxStateBytes: Int = 1 << 30

  func columnName(_ field: Int) -> String { field < columnNames.count ? columnNames[field] : "#\(field)" }

  package init(window: WindowPlan, aggregations: [AggregationPlan], fieldCount: Int) {
    self.window = window
    self.aggregations = aggregations
    self.fieldCount = fieldCount
  }
}
