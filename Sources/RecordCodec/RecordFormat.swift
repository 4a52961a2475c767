/// How the value of a record is written.
package enum RecordFormat: Sendable, Equatable {
  /// One JSON object. A Schema Registry's prefix (a zero byte and four bytes of schema id) is passed over.
  case json
  /// One JSON object a line; each line is a record of its own.
  case jsonLines
  /// One line of fields (RFC 4180), named by their place.
  case csv(columns: [String], delimiter: UInt8)
  /// Not looked into: key and timestamp come from Kafka.
  case raw
}
