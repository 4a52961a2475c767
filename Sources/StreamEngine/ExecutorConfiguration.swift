/// What one aggregation computes.
package enum AggregateFunction: String, Sendable, Equatable, CaseIterable {
  case count, sum, avg, min, max
}

/// One aggregation of a pipeline: a function over all records, or over those that have a field.
package struct AggregationPlan: Sendable, Equatable {
  package var function: AggregateFunction
  /// Index of the numeric column; nil only for `count` of all records.
  package var field: Int?

  package init(function: AggregateFunction, field: Int?) {
    self.function = function
    self.field = field
  }
}

/// Tumbling windows: half-open `[start, end)`, aligned to the epoch plus `offset`.
package struct TumblingWindow: Sendable, Equatable {
  /// Milliseconds, at least 1.
  package var size: Int64
  /// Milliseconds, 0 ..< size.
  package var offset: Int64

  package init(size: Int64, offset: Int64 = 0) {
    self.size = size
    self.offset = offset
  }
}

/// All that a `StreamExecutor` is told about its pipeline. Times are milliseconds.
package struct ExecutorConfiguration: Sendable, Equatable {
  package var window: TumblingWindow
  package var allowedLateness: Int64 = 5_000
  /// Bound on out-of-orderness: a partition's watermark is its largest timestamp minus this.
  package var maxDelay: Int64 = 10_000
  /// A record further than this ahead of the wall clock is counted but moves no watermark.
  package var maxFutureSkew: Int64 = 10_000
  package var aggregations: [AggregationPlan]
  /// Numeric columns of `RecordColumns`.
  package var fieldCount: Int
  package var maxKeysPerSlice: Int = 5_000_000
  package var maxStateBytes: Int = 1 << 30

  package init(window: TumblingWindow, aggregations: [AggregationPlan], fieldCount: Int) {
    self.window = window
    self.aggregations = aggregations
    self.fieldCount = fieldCount
  }
}
