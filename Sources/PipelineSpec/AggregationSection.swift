import RecordCodec
import StreamEngine

/// The member `aggregations`, and the columns that it needs.
struct AggregationSection {
  struct Item {
    var name: String
    var function: AggregateFunction
    var field: FieldPath?
  }

  static let known = ["as", "function", "field"]
  static let functions = WordList(
    built: ["count", "sum", "avg", "min", "max"],
    notYet: ["stddev", "variance", "percentile", "p50", "p90", "p95", "p99", "distinct", "first", "last", "rate"])
  static let notYet = [
    "where": "conditions of one aggregation are not supported yet; all of them take every record",
    "expression": "expressions are not supported yet; compute them from the results",
    "p": "percentiles are not supported yet; there is \(SpecText.list(functions.built))",
    "population": "stddev and variance are not supported yet; there is \(SpecText.list(functions.built))",
  ]

  private(set) var items: [Item] = []

  init(_ root: ObjectReader) {
    guard root.required("aggregations", "required: a list such as [\"count\", \"avg(latency_ms)\"]") != nil,
      let list = root.list("aggregations", atMost: SpecLimits.maxAggregations, of: "aggregations")
    else { return }
    let faults = root.faults
    for (index, value) in list.enumerated() {
      let place = SpecText.pointer(root.place("aggregations"), String(index))
      let item: Item?
      var namePlace = place
      switch value {
      case .string(let text):
        item = Self.read(short: text, at: place, faults)
      case .object:
        guard let reader = ObjectReader(value, at: place, faults) else { continue }
        if reader["as"] != nil { namePlace = reader.place("as") }
        item = Self.read(long: reader)
      default:
        faults.add(
          place, .wrongType, "must be a string such as \"avg(latency_ms)\" or an object, not \(SpecText.typeName(value))")
        continue
      }
      guard let item, Self.check(name: item.name, at: namePlace, faults) else { continue }
      if let first = items.firstIndex(where: { $0.name == item.name }) {
        faults.add(
          namePlace, .duplicate, "\(SpecText.quoted(item.name)) is the name of aggregation \(first) already",
          suggestion: "another \"as\"")
      }
      items.append(item)
    }
  }

  /// `function` or `function(field)`; blanks around either are allowed.
  private static func read(short text: String, at place: String, _ faults: FaultCollector) -> Item? {
    let trimmed = Array(SpecText.trimmed(text).utf8)
    guard let open = trimmed.firstIndex(of: UInt8(ascii: "(")) else {
      return make(function: SpecText.trimmed(text), field: nil, name: nil, at: place, place, fieldPlace: place, faults)
    }
    let name = SpecText.trimmed(String(decoding: trimmed[..<open], as: UTF8.self))
    // A function that is not built says so whatever stands in its brackets: percentile(99.9, x).
    guard functions.check(name, at: place, faults) != nil else { return nil }
    guard trimmed.last == UInt8(ascii: ")") else {
      faults.add(place, .badFormat, "has no closing bracket at its end; write \(name)(field)")
      return nil
    }
    let field = SpecText.trimmed(String(decoding: trimmed[(open + 1)..<(trimmed.count - 1)], as: UTF8.self))
    if field.isEmpty {
      faults.add(place, .badFormat, "has nothing between its brackets", suggestion: name == "count" ? "count" : nil)
      return nil
    }
    if field.utf8.contains(where: { "(),".utf8.contains($0) }) {
      faults.add(
        place, .badFormat, "must be function(field) with one field; a field name with brackets or commas needs the long form",
        suggestion: "{\"function\": \"\(name)\", \"field\": ...}")
      return nil
    }
    return make(function: name, field: field, name: nil, at: place, place, fieldPlace: place, faults)
  }

  private static func read(long reader: ObjectReader) -> Item? {
    reader.refuseOthers(known: known, later: notYet)
    let written = reader["as"] == nil ? nil : reader.text("as")
    if reader["as"] != nil, written == nil { return nil }
    // The fault of an expression was listed; that it has no function is none of its own.
    if reader["expression"] != nil, reader["function"] == nil { return nil }
    guard reader.required("function", "required: \(SpecText.list(functions.built))") != nil, let function = reader.text("function")
    else { return nil }
    let field = reader["field"] == nil ? nil : reader.text("field")
    if reader["field"] != nil, field == nil { return nil }
    return make(
      function: function, field: field, name: written, at: reader.pointer, reader.place("function"),
      fieldPlace: reader.place("field"), reader.faults)
  }

  private static func make(
    function text: String, field: String?, name: String?, at place: String, _ functionPlace: String, fieldPlace: String,
    _ faults: FaultCollector
  ) -> Item? {
    guard let word = functions.check(text, at: functionPlace, faults), let function = AggregateFunction(rawValue: word) else {
      return nil
    }
    guard let field else {
      if function == .count { return Item(name: name ?? word, function: function, field: nil) }
      faults.add(fieldPlace, .missing, "\(word) needs a field", suggestion: "\(word)(field)")
      return nil
    }
    guard let path = FieldPathCheck.check(field, at: fieldPlace, faults) else { return nil }
    return Item(name: name ?? standardName(word, path), function: function, field: path)
  }

  /// `function_field`, dots of a path turned to `_`: `avg(usage.total)` is `avg_usage_total`.
  private static func standardName(_ function: String, _ path: FieldPath) -> String {
    var name = (function + "_").unicodeScalars
    for scalar in path.text.unicodeScalars { name.append(scalar == "." ? "_" : scalar) }
    return String(name)
  }

  private static func check(name: String, at place: String, _ faults: FaultCollector) -> Bool {
    if name.isEmpty {
      faults.add(place, .empty, "the name of a result needs a character")
    } else if !SpecLimits.resultNameCharacters.contains(name.unicodeScalars.count) {
      faults.add(
        place, .tooLong, "the name of a result has at most \(SpecLimits.resultNameCharacters.upperBound) characters",
        suggestion: "a shorter \"as\"")
    } else if SpecText.hasControl(name) {
      faults.add(place, .badFormat, "the name of a result holds no control characters")
    } else if SpecLimits.reservedResultNames.contains(name) {
      faults.add(
        place, .conflict, "\(SpecText.quoted(name)) is a member of every result: \(SpecText.list(SpecLimits.reservedResultNames))",
        suggestion: "another \"as\"")
    } else {
      return true
    }
    return false
  }

  /// One column per path and kind, in order of first use, and the plans that point to them.
  func columns() -> (fields: [FieldColumn], plans: [AggregationPlan]) {
    var fields: [FieldColumn] = []
    let plans = items.map { item in
      guard let path = item.field else { return AggregationPlan(function: item.function, field: nil) }
      let kind: FieldColumn.Kind = item.function == .count ? .presence : .numeric
      let known = fields.firstIndex { $0.kind == kind && SpecText.sameBytes($0.path.text, path.text) }
      if known == nil { fields.append(FieldColumn(path, kind)) }
      return AggregationPlan(function: item.function, field: known ?? fields.count - 1)
    }
    return (fields, plans)
  }

  var normalized: JSONValue {
    .array(
      items.map { item in
        var members = [JSONValue.Member("as", .string(item.name)), .init("function", .string(item.function.rawValue))]
        if let field = item.field { members.append(.init("field", .string(field.text))) }
        return .object(members)
      })
  }
}
