/// How the value of a record is written.
package enum RecordFormat: Sendable, Equatable {
  /// One JSON object. A Schema Registry's prefix (a zero byte and four bytes of schema id) is passed over.
  case json
  /// One JSON object a line; each line is a record of its own. The decoder takes the lines, which `LineSplitter` makes.
  case jsonLines
  /// One line of fields (RFC 4180), named by their place; a line break at its end is no part of it. Without quotes, JSON's numbers
  /// are numbers, `true` and `false` booleans, nothing is a missing field, and all else is text; in quotes all is text.
  /// A path is the name of one column, dots and all. The delimiter is an ASCII character, but no quote and no line break: the
  /// spec must refuse others.
  case csv(columns: [String], delimiter: UInt8)
  /// Not looked into: key and timestamp come from Kafka.
  case raw
}
