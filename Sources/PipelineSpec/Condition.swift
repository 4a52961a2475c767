import RecordCodec

/// A list of conditions that must all hold.
struct Condition {
  var filter: RecordFilter
  /// The list as the spec holds it, numbers in one way of writing.
  var normalized: JSONValue
}
