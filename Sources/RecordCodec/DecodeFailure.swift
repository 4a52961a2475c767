/// Why a record could not be decoded. The raw value is the byte in the status column, where 0 means decoded; it says nothing
/// outside the process, since a new case moves the others.
///
/// The order of the cases is the order in which one is chosen when several hold: document, timestamp, key, fields.
package enum DecodeFailure: UInt8, Sendable, CaseIterable {
  case tombstone = 1
  case empty
  case notUTF8
  case notJSON
  case notCSV
  case tooDeep
  case missingTimestamp
  case badTimestamp
  case timestampInFuture
  case missingKey
  case badKey
  case badField
  case numberOutOfRange

  /// The name in stats and dead letters.
  package var reason: String {
    switch self {
    case .tombstone: "tombstone"
    case .empty: "empty"
    case .notUTF8: "not_utf8"
    case .notJSON: "not_json"
    case .notCSV: "not_csv"
    case .tooDeep: "too_deep"
    case .missingTimestamp: "missing_timestamp"
    case .badTimestamp: "bad_timestamp"
    case .timestampInFuture: "timestamp_in_future"
    case .missingKey: "missing_key"
    case .badKey: "bad_key"
    case .badField: "bad_field"
    case .numberOutOfRange: "number_out_of_range"
    }
  }
}
