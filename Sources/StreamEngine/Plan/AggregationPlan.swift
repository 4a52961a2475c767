/// What one member of a result computes.
package enum AggregateFunction: String, Sendable, Equatable, CaseIterable {
  case count, sum, avg, min, max, stddev, variance, percentile, distinct, first, last
  /// Records per second of window.
  case rate
  /// A user's own, `AggregationPlan.custom`.
  case custom
  /// From other members of the result, `AggregationPlan.expression`.
  case expression
}

/// One member of a result: a function over all records, or over those that have a field. A condition of one aggregation is the
/// decoder's: it leaves the cells of other records missing.
package struct AggregationPlan: Sendable, Equatable {
  package var function: AggregateFunction
  /// Index of the column; nil for `count` and `rate` of all records, `custom` and `expression`.
  package var field: Int?
  /// Of `percentile`: 0 < p < 100.
  package var percentile = 50.0
  /// Of `stddev` and `variance`: over n instead of n - 1.
  package var population = false
  /// Of `custom`.
  package var custom: CustomAggregation?
  /// Of `expression`.
  package var expression: Expression?

  package init(function: AggregateFunction, field: Int?) {
    self.function = function
    self.field = field
  }
}
