/// What becomes of results when something fails on the way.
public enum DeliveryGuarantee: String, Sendable, Equatable {
  /// Results since the last checkpoint may come again: the same window, and the last copy is right.
  case atLeastOnce = "at_least_once"
  /// A reader with `isolation.level=read_committed` sees each revision of a window once.
  case exactlyOnce = "exactly_once"
}
