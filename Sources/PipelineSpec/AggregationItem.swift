import RecordCodec
import StreamEngine

/// One entry of `aggregations`.
struct AggregationItem {
  var name: String
  var function: AggregateFunction
  /// nil for all records.
  var field: FieldPath?
  /// Of `percentile`: 0 < p < 100.
  var percentile: Double?
  /// Of `stddev` and `variance`.
  var population: Bool?
  var condition: Condition?
  /// Of `expression`: as it is written, and what it compiles to once all names are known.
  var text: String?
  var expression: Expression?

  init(_ function: AggregateFunction, name: String) {
    self.function = function
    self.name = name
  }

  var normalized: JSONValue {
    var members = [JSONValue.Member("as", .string(name))]
    if let text {
      members.append(.init("expression", .string(text)))
      return .object(members)
    }
    members.append(.init("function", .string(function.rawValue)))
    if let percentile { members.append(.init("p", Int64(exactly: percentile).map { .integer($0) } ?? .double(percentile))) }
    if let population { members.append(.init("population", .bool(population))) }
    if let field { members.append(.init("field", .string(field.text))) }
    if let condition { members.append(.init("where", condition.normalized)) }
    return .object(members)
  }
}
