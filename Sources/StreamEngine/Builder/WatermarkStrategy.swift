/// How far event time has come in a partition, so that windows can close. A watermark never goes back.
public enum WatermarkStrategy<Event>: Sendable {
  /// The largest event time seen, less so many milliseconds. The default, with 10,000.
  case boundedOutOfOrderness(milliseconds: Int64)
  /// Event times never go back within a partition: no delay.
  case ascending
  /// From events that vouch for a time: none of its partition before it will come after this one. nil for those that say nothing.
  case punctuated(@Sendable (Event) -> EventTime?)
  /// Only from `setWatermark` of the executor or the pipeline.
  case manual
}
