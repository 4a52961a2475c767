/// Why an event cannot be aggregated. The raw value is the word in statistics.
public enum EventFault: String, Sendable, CaseIterable {
  /// Its time is more than a day ahead of the wall clock.
  case timestampInFuture = "timestamp_in_future"
  /// Its key is longer than `EventKey.maxBytes`.
  case badKey = "bad_key"
  /// A text that is aggregated is longer than 4,096 bytes.
  case badField = "bad_field"
  /// A number that is aggregated is NaN or infinite.
  case numberOutOfRange = "number_out_of_range"
}
