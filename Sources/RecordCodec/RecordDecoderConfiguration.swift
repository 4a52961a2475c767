import CSimdJSON

/// A dotted path into a record: `usage.total_tokens`, or `items.0.price` with an index into an array.
package struct FieldPath: Sendable, Equatable, Hashable {
  /// A path of more steps than this never matches: the spec must refuse it.
  package static let maxSteps = Int(PSJ_MAX_PATH_STEPS)

  package var text: String
  package init(_ text: String) { self.text = text }
}

package enum TimestampUnit: String, Sendable, Equatable, CaseIterable {
  case seconds = "s"
  case milliseconds = "ms"
  case microseconds = "us"
  case nanoseconds = "ns"
  case rfc3339
}

/// Where a record's event time comes from.
package enum TimestampSource: Sendable, Equatable {
  case kafka
  case field(FieldPath, TimestampUnit)
}

/// How an aggregation key is rendered from its fields: strings unescaped, numbers as they stand in the record, booleans as words.
///
/// In keys of several fields, and in all composite ones, the characters `|` `,` `:` `\` of a value get a `\` in front, so
/// that different values never give the same key.
package enum KeyRendering: String, Sendable, Equatable, CaseIterable {
  /// One field as it is, several joined by `|`.
  case plain
  /// As `plain`, with `session:`, `model:` or `user:` in front.
  case session, model, user
  /// `composite:<path>:<value>,...`, sorted by path.
  case composite
}

/// Where a record's key comes from.
package enum KeySource: Sendable, Equatable {
  /// The Kafka record key.
  case kafka
  case fields([FieldPath], KeyRendering)
}

/// A field that becomes a column.
package struct FieldColumn: Sendable, Equatable {
  package enum Kind: String, Sendable, Equatable {
    /// A JSON number; anything else but `null` is a `badField`.
    case numeric
    /// Any scalar, for `count(field)`: present is the integer 1, absent or `null` is missing; an object or array is a `badField`.
    case presence
    /// Any scalar as it is, for `distinct`, `first` and `last`; an object, an array or a text beyond `maxTextBytes` is a `badField`.
    case scalar
    /// The integer 1 for every record: with a condition, what counts the records that meet it. Has no path.
    case always
  }

  /// As `CellKind.maxTextBytes` in StreamEngine.
  package static let maxTextBytes = Int(PSJ_MAX_TEXT_BYTES)

  package var path: FieldPath
  package var kind: Kind
  /// Where it does not hold the cell is missing, whatever the field is.
  package var condition: RecordFilter?

  package init(_ path: FieldPath, _ kind: Kind = .numeric, condition: RecordFilter? = nil) {
    self.path = path
    self.kind = kind
    self.condition = condition
  }
}

/// What a decoder takes out of each record.
package struct RecordDecoderConfiguration: Sendable, Equatable {
  package var format = RecordFormat.json
  package var timestamp: TimestampSource
  package var key: KeySource
  /// Records for which it does not hold get the status `filtered`: a timestamp, no key and no cells. It is asked after the
  /// timestamp and before key and fields, so that it can keep out records that lack those.
  package var filter: RecordFilter?
  /// In the order of the columns.
  package var fields: [FieldColumn]

  package init(timestamp: TimestampSource, key: KeySource, fields: [FieldColumn]) {
    self.timestamp = timestamp
    self.key = key
    self.fields = fields
  }
}
