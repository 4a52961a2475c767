/// A condition on a record. Every comparison with a missing field is false, `notEqual` too.
package indirect enum RecordFilter: Sendable, Equatable {
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
  case isIn(FieldPath, [Value])
  case exists(FieldPath)
  case all([RecordFilter])
  case any([RecordFilter])
  case not(RecordFilter)
}
