/// Where event time comes from.
package enum WatermarkPlan: Sendable, Equatable {
  /// Each input's largest timestamp less `ExecutorConfiguration.maxDelay`.
  case boundedOutOfOrderness
  /// From `RecordColumns.watermarks`: records that carry one.
  case punctuated
  /// Only from `setWatermark`.
  case manual
}
