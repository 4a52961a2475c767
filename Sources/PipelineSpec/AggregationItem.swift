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

  /// What a normalized entry has in common with all that keep the same: not its name, and not what is only asked of what it keeps
  /// (which percentile, over n or n - 1). nil for an expression, which keeps nothing.
  static func stored(_ normalized: JSONValue) -> JSONValue? {
    guard normalized["expression"] == nil else { return nil }
    return [normalized["function"] ?? .null, normalized["field"] ?? .null, normalized["where"] ?? .null]
  }
}
