import RecordCodec
import StreamEngine

/// Reads one entry of `aggregations`; its name is checked by the section.
struct AggregationReader {
  static let known = ["as", "function", "field", "p", "population", "where", "expression"]
  static let functions = WordList(
    built: [
      "count", "sum", "avg", "min", "max", "stddev", "variance", "percentile", "p50", "p90", "p95", "p99", "distinct", "first", "last",
      "rate",
    ],
    meanings: [
      "mean": "avg", "average": "avg", "median": "p50", "count_distinct": "distinct", "cardinality": "distinct", "unique": "distinct",
      "std": "stddev", "quantile": "percentile",
    ])
  private static let shortPercentiles = ["p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0]

  let fields: FieldRules
  let conditions: ConditionReader
  let faults: FaultCollector

  init(_ event: EventSection, _ faults: FaultCollector) {
    fields = event.format.fields
    conditions = event.conditions
    self.faults = faults
  }

  /// `function`, `function(field)` or `percentile(p, field)`; blanks around each part are allowed.
  func read(short text: String, at place: String) -> AggregationItem? {
    let trimmed = Array(SpecText.trimmed(text).utf8)
    guard let open = trimmed.firstIndex(of: UInt8(ascii: "(")) else {
      guard let (item, word) = item(SpecText.trimmed(text), at: place) else { return nil }
      return finish(item, word, field: nil, name: nil, at: place)
    }
    guard let (read, word) = item(SpecText.trimmed(String(decoding: trimmed[..<open], as: UTF8.self)), at: place) else { return nil }
    var item = read
    let form = word == "percentile" ? "percentile(99.9, field)" : "\(word)(field)"
    guard trimmed.last == UInt8(ascii: ")") else {
      faults.add(place, .badFormat, "has no closing bracket at its end; write \(form)")
      return nil
    }
    var inner = trimmed[(open + 1)..<(trimmed.count - 1)]
    if word == "percentile" {
      guard let comma = inner.firstIndex(of: UInt8(ascii: ",")) else {
        faults.add(place, .badFormat, "must be percentile(p, field), with p above 0 and below 100", suggestion: form)
        return nil
      }
      guard let p = percentile(String(decoding: inner[..<comma], as: UTF8.self), at: place) else { return nil }
      item.percentile = p
      inner = inner[(comma + 1)...]
    }
    let field = SpecText.trimmed(String(decoding: inner, as: UTF8.self))
    if field.isEmpty {
      faults.add(
        place, .badFormat, "has no field between its brackets; write \(form)",
        suggestion: ["count", "rate"].contains(word) ? word : nil)
      return nil
    }
    if field.utf8.contains(where: { "(),".utf8.contains($0) }) {
      faults.add(
        place, .badFormat, "must be \(form) with one field; a field name with brackets or commas needs the long form",
        suggestion: "{\"function\": \"\(word)\", \"field\": ...}")
      return nil
    }
    return finish(item, word, field: field, name: nil, at: place)
  }

  /// A number such as 99.9 in the short form.
  private func percentile(_ text: String, at place: String) -> Double? {
    let trimmed = SpecText.trimmed(text)
    // Swift also takes "0x1p3" and "inf".
    guard trimmed.utf8.allSatisfy({ (0x30...0x39).contains($0) || "-.".utf8.contains($0) }), let p = Double(trimmed) else {
      faults.add(
        place, .badFormat, "has \(SpecText.quoted(trimmed)) where a number such as 99.9 is wanted", suggestion: "percentile(99.9, field)")
      return nil
    }
    return check(percentile: p, at: place)
  }

  private func check(percentile p: Double, at place: String) -> Double? {
    if p > 0, p < 100 { return p }
    faults.add(place, .outOfRange, "p must be above 0 and below 100", suggestion: p == 0 ? "min(field)" : p == 100 ? "max(field)" : nil)
    return nil
  }

  func read(long reader: ObjectReader) -> AggregationItem? {
    reader.refuseOthers(known: Self.known, elsewhere: ["filter": "where"])
    let written = reader["as"] == nil ? nil : reader.text("as")
    if reader["as"] != nil, written == nil { return nil }
    if reader["expression"] != nil { return expression(reader, name: written) }
    guard reader.required("function", "required: \(SpecText.list(Self.functions.built))") != nil,
      let function = reader.text("function"), let (read, word) = item(function, at: reader.place("function"))
    else { return nil }
    var item = read
    if !readOptions(reader, &item, word) { return nil }
    let field = reader["field"] == nil ? nil : reader.text("field")
    if reader["field"] != nil, field == nil { return nil }
    if reader["where"] != nil {
      item.condition = conditions.read("where", of: reader)
      if item.condition == nil { return nil }
    }
    return finish(item, word, field: field, name: written, at: reader.pointer, fieldPlace: reader.place("field"))
  }

  private func expression(_ reader: ObjectReader, name: String?) -> AggregationItem? {
    reader.refuse(
      ["function", "field", "p", "population", "where"], "stands beside \"expression\", which takes its figures from other aggregations",
      suggestion: "an entry of its own, to be named in the expression")
    let hasName = reader.required("as", "required: an expression has no name of its own", suggestion: "\"as\": \"share\"") != nil
    guard let text = reader.text("expression"), hasName, let name else { return nil }
    if text.utf8.count > SpecLimits.maxExpressionBytes {
      faults.add(reader.place("expression"), .tooLong, "has more than \(SpecLimits.maxExpressionBytes) bytes")
      return nil
    }
    var item = AggregationItem(.expression, name: name)
    item.text = text
    return item
  }

  /// The members `p` and `population`; false after a fault.
  private func readOptions(_ reader: ObjectReader, _ item: inout AggregationItem, _ word: String) -> Bool {
    if item.population != nil {
      if reader["population"] != nil {
        item.population = reader.flag("population")
        if item.population == nil { return false }
      }
    } else {
      reader.refuse(["population"], "belongs to stddev and variance", suggestion: "remove it")
    }
    guard word == "percentile" else {
      reader.refuse(
        ["p"], item.percentile == nil ? "belongs to percentile" : "\"\(word)\" says which percentile already",
        suggestion: "remove it, or use the function \"percentile\"")
      return true
    }
    guard let value = reader.required("p", "required for percentile: a number above 0 and below 100", suggestion: "99.9") else { return false }
    switch value {
    case .integer(let number): item.percentile = check(percentile: Double(number), at: reader.place("p"))
    case .double(let number): item.percentile = check(percentile: number, at: reader.place("p"))
    default:
      faults.add(reader.place("p"), .wrongType, "must be a number, not \(SpecText.typeName(value))")
      return false
    }
    return item.percentile != nil
  }

  /// The function of that word, with a name that is still to be found.
  private func item(_ text: String, at place: String) -> (item: AggregationItem, word: String)? {
    var words = Self.functions
    let number = text.dropFirst()
    if text.first == "p", let p = Double(number), p > 0, p < 100 { words.meanings[text] = "percentile(\(number), field)" }
    guard let word = words.check(text, at: place, faults) else { return nil }
    if let p = Self.shortPercentiles[word] {
      var item = AggregationItem(.percentile, name: "")
      item.percentile = p
      return (item, word)
    }
    guard let function = AggregateFunction(rawValue: word) else { return nil }
    var item = AggregationItem(function, name: "")
    if function == .stddev || function == .variance { item.population = false }
    return (item, word)
  }

  private func finish(
    _ item: AggregationItem, _ word: String, field: String?, name: String?, at place: String, fieldPlace: String? = nil
  ) -> AggregationItem? {
    var item = item
    let takesAllRecords = item.function == .count || item.function == .rate
    guard let field else {
      if takesAllRecords {
        item.name = name ?? word
        return item
      }
      let form = word == "percentile" ? "percentile(99.9, field)" : "\(word)(field)"
      faults.add(fieldPlace ?? place, .missing, "\(word) needs a field", suggestion: form)
      return nil
    }
    guard let path = fields.path(field, at: fieldPlace ?? place, faults, instead: takesAllRecords ? word : "count") else { return nil }
    item.field = path
    item.name = name ?? Self.standardName(item, word, path)
    return item
  }

  /// `function_field`, dots turned to `_`: `avg(usage.total)` is `avg_usage_total`, `percentile(99.9, x)` is `p99_9_x`.
  private static func standardName(_ item: AggregationItem, _ word: String, _ path: FieldPath) -> String {
    let function = item.percentile.map { p in "p" + (Int64(exactly: p).map(String.init) ?? String(p)) } ?? word
    var name = String.UnicodeScalarView()
    for scalar in (function + "_" + path.text).unicodeScalars { name.append(scalar == "." ? "_" : scalar) }
    return String(name)
  }
}
