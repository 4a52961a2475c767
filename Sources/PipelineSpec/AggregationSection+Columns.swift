import RecordCodec
import StreamEngine

extension AggregationSection {
  /// Columns are the same if all their bytes are: Swift's `==` of texts takes more for equal.
  private struct ColumnKey: Hashable {
    var path: [UInt8]
    var kind: FieldColumn.Kind
    var condition: [UInt8]
  }

  /// One column per path, kind and condition, in order of first use, their names for stored states, and the plans that point to them.
  func columns() -> (fields: [FieldColumn], names: [String], plans: [AggregationPlan]) {
    var fields: [FieldColumn] = []
    var names: [String] = []
    var places: [ColumnKey: Int] = [:]
    let plans = items.map { item in
      var plan = AggregationPlan(function: item.function, field: nil)
      plan.percentile = item.percentile ?? plan.percentile
      plan.population = item.population ?? plan.population
      plan.expression = item.expression
      guard let kind = Self.columnKind(item) else { return plan }
      let path = item.field ?? FieldPath("")
      let key = ColumnKey(path: Array(path.text.utf8), kind: kind, condition: item.condition?.normalized.serialized() ?? [])
      if places[key] == nil {
        places[key] = fields.count
        fields.append(FieldColumn(path, kind, condition: item.condition?.filter))
        let name: JSONValue = [.string(kind.rawValue), .string(path.text), item.condition?.normalized ?? .null]
        names.append(String(decoding: name.serialized(), as: UTF8.self))
      }
      plan.field = places[key]
      return plan
    }
    return (fields, names, plans)
  }

  /// nil for what needs no column.
  private static func columnKind(_ item: AggregationItem) -> FieldColumn.Kind? {
    switch item.function {
    case .expression, .custom: nil
    case .count, .rate: item.field != nil ? .presence : item.condition != nil ? .always : nil
    case .distinct, .first, .last: .scalar
    case .sum, .avg, .min, .max, .stddev, .variance, .percentile: .numeric
    }
  }
}
