import RecordCodec

/// Reads lists of conditions: the filter of the records and those of single aggregations. One for a document, since its
/// comparisons are counted together.
final class ConditionReader {
  static let operators = WordList(
    built: RecordFilter.Operator.allCases.map(\.rawValue) + ["in", "exists"],
    meanings: [
      "=": "==", "eq": "==", "is": "==", "<>": "!=", "ne": "!=", "lt": "<", "le": "<=", "lte": "<=", "gt": ">", "ge": ">=", "gte": ">=", "=>": ">=",
      "not_in": "{\"not\": {\"op\": \"in\", ...}}", "missing": "{\"not\": {\"op\": \"exists\", ...}}",
    ])
  private static let groups = ["any", "all", "not"]
  private static let comparison = ["field", "op", "value"]
  /// What others call the members.
  private static let elsewhere = ["or": "any", "and": "all", "operator": "op"]

  let fields: FieldRules
  let faults: FaultCollector
  private var comparisons = 0

  init(_ fields: FieldRules, _ faults: FaultCollector) {
    self.fields = fields
    self.faults = faults
  }

  /// The member as a list of conditions; nil if it is absent or wrong.
  func read(_ name: String, of reader: ObjectReader) -> Condition? {
    if let value = reader[name], case .object = value {
      faults.add(reader.place(name), .wrongType, "must be a list of conditions, not an object", suggestion: "[{...}]")
      return nil
    }
    guard let (filters, normalized) = list(name, of: reader, depth: 1) else { return nil }
    return Condition(filter: filters.count == 1 ? filters[0] : .all(filters), normalized: normalized)
  }

  private func list(_ name: String, of reader: ObjectReader, depth: Int) -> (filters: [RecordFilter], normalized: JSONValue)? {
    guard let items = reader.list(name, atMost: SpecLimits.maxComparisons, of: "conditions") else { return nil }
    var filters: [RecordFilter] = []
    var normalized: [JSONValue] = []
    for (index, item) in items.enumerated() {
      guard let one = one(item, at: SpecText.pointer(reader.place(name), String(index)), depth: depth) else { continue }
      filters.append(one.filter)
      normalized.append(one.normalized)
    }
    return filters.count == items.count ? (filters, .array(normalized)) : nil
  }

  private func one(_ value: JSONValue, at place: String, depth: Int) -> (filter: RecordFilter, normalized: JSONValue)? {
    if depth > SpecLimits.maxFilterDepth {
      faults.add(place, .outOfRange, "conditions nest at most \(SpecLimits.maxFilterDepth) deep")
      return nil
    }
    if case .string = value {
      faults.add(place, .wrongType, "must be an object, not a string", suggestion: "{\"field\": ..., \"op\": \"==\", \"value\": ...}")
      return nil
    }
    guard let reader = ObjectReader(value, at: place, faults) else { return nil }
    let known = Self.comparison + Self.groups
    reader.refuseOthers(known: known, elsewhere: Self.elsewhere)
    // Nothing that is here could be a comparison, so nobody misses its parts.
    if !reader.all.isEmpty, reader.all.allSatisfy({ !known.contains($0.name) }) { return nil }
    guard let group = Self.groups.first(where: { reader[$0] != nil }) else { return compare(reader) }
    reader.refuse(
      known.filter { $0 != group }, "stands beside \"\(group)\": a condition is a comparison or one of any, all, not",
      suggestion: "an object of its own")
    if group == "not" {
      guard let value = reader["not"], let inner = one(value, at: reader.place("not"), depth: depth + 1) else { return nil }
      return (.not(inner.filter), ["not": inner.normalized])
    }
    guard let (filters, normalized) = list(group, of: reader, depth: depth + 1) else { return nil }
    return (group == "any" ? .any(filters) : .all(filters), .object([.init(group, normalized)]))
  }

  private func compare(_ reader: ObjectReader) -> (filter: RecordFilter, normalized: JSONValue)? {
    comparisons += 1
    if comparisons == SpecLimits.maxComparisons + 1 {
      faults.add(reader.pointer, .outOfRange, "a spec holds at most \(SpecLimits.maxComparisons) comparisons, those of all aggregations included")
    }
    if comparisons > SpecLimits.maxComparisons { return nil }
    var path: FieldPath?
    if reader.required("field", "required: the field to look at") != nil, let text = reader.text("field") {
      path = fields.path(text, at: reader.place("field"), faults, instead: "remove the condition")
    }
    guard let word = reader.word("op", Self.operators, default: nil) else { return nil }
    if word == "exists" {
      reader.refuse(["value"], "\"exists\" takes no value", suggestion: "remove it")
      return path.map { (.exists($0), ["field": .string($0.text), "op": "exists"]) }
    }
    guard let value = reader.required("value", "required for \(word): what to compare with") else { return nil }
    let place = reader.place("value")
    guard let op = RecordFilter.Operator(rawValue: word) else {
      guard let values = listed(value, reader), let path else { return nil }
      return (.isIn(path, values), ["field": .string(path.text), "op": "in", "value": .array(values.map(Self.written))])
    }
    guard let value = scalar(value, at: place), Self.check(value, op, at: place, faults), let path else { return nil }
    return (.compare(path, op, value), ["field": .string(path.text), "op": .string(word), "value": Self.written(value)])
  }

  private func listed(_ value: JSONValue, _ reader: ObjectReader) -> [RecordFilter.Value]? {
    let place = reader.place("value")
    guard case .array = value else {
      faults.add(place, .wrongType, "\"in\" takes a list, not \(SpecText.typeName(value))", suggestion: "[...], or \"op\": \"==\"")
      return nil
    }
    guard let items = reader.list("value", atMost: SpecLimits.maxListedValues, of: "values") else { return nil }
    let values = items.enumerated().compactMap { scalar($1, at: SpecText.pointer(place, String($0))) }
    return values.count == items.count ? values : nil
  }

  private func scalar(_ value: JSONValue, at place: String) -> RecordFilter.Value? {
    switch value {
    case .integer(let number): return .integer(number)
    // 500.0 is 500: one value has one way of writing.
    case .double(let number): return Int64(exactly: number).map { .integer($0) } ?? .double(number)
    case .bool(let flag): return .boolean(flag)
    case .string(let text):
      if text.utf8.count <= SpecLimits.maxFilterTextBytes { return .text(text) }
      faults.add(place, .tooLong, "has more than \(SpecLimits.maxFilterTextBytes) bytes")
    case .null, .array, .object:
      faults.add(
        place, .wrongType, "must be a string, a number or a boolean, not \(SpecText.typeName(value))",
        suggestion: value == .null ? "{\"not\": {\"op\": \"exists\", ...}} for records that lack the field" : nil)
    }
    return nil
  }

  private static func check(_ value: RecordFilter.Value, _ op: RecordFilter.Operator, at place: String, _ faults: FaultCollector) -> Bool {
    switch (op, value) {
    case (.equal, _), (.notEqual, _), (_, .text): return true
    case (.contains, _), (.startsWith, _):
      faults.add(place, .wrongType, "\(op.rawValue) takes a string", suggestion: "the value in quotes")
    case (_, .boolean):
      faults.add(place, .wrongType, "\(op.rawValue) compares numbers and strings, not booleans", suggestion: "== or !=")
    case (_, .integer), (_, .double): return true
    }
    return false
  }

  private static func written(_ value: RecordFilter.Value) -> JSONValue {
    switch value {
    case .integer(let number): .integer(number)
    case .double(let number): .double(number)
    case .boolean(let flag): .bool(flag)
    case .text(let text): .string(text)
    }
  }
}
