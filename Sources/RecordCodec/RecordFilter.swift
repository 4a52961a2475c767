/// A condition on a record.
///
/// A missing field and `null` fail every comparison, `notEqual` too, and do not exist. Numbers are compared by their exact values,
/// a number beyond double as an infinity; texts by their UTF-8 bytes; booleans only for (in)equality. Between two types, with an
/// object or an array, and with a text that no UTF-8 can carry, `notEqual` holds and nothing else does.
package indirect enum RecordFilter: Sendable, Equatable {
  /// A filter of more levels than this never holds: the spec must refuse it.
  package static let maxDepth = 32

  package enum Operator: String, Sendable, Equatable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contains
    case startsWith = "starts_with"
  }

  package enum Value: Sendable, Equatable {
    case integer(Int64)
    case double(Double)
    case boolean(Bool)
    case text(String)
  }

  case compare(FieldPath, Operator, Value)
  /// Equal to one of them.
  case isIn(FieldPath, [Value])
  case exists(FieldPath)
  case all([RecordFilter])
  case any([RecordFilter])
  case not(RecordFilter)
}
