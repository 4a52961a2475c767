import RecordCodec

/// Documents that are right by construction, over all members that decide how a pipeline computes.
extension Generator {
  static let columns = ["a", "b", "c.d", "e"]

  mutating func validDocument() -> JSONValue {
    let format = pick(["json", "jsonl", "csv", "raw"])
    var document = Fixtures.least("event", event(format))
    document = Fixtures.change(document, ["window"], window())
    document = Fixtures.change(document, ["aggregations"], aggregations(fields: format != "raw"))
    if next(2) == 0 { document = Fixtures.change(document, ["watermark", "max_drift_ms"], .integer(Int64(1 + next(1_000_000)))) }
    if next(3) == 0 { document = Fixtures.change(document, ["watermark", "strategy"], "ascending") }
    if next(2) == 0 { document = Fixtures.change(document, ["emit"], ["when": "early", "every_ms": .integer(Int64(100 + next(9_000)))]) }
    if next(2) == 0 { document = Fixtures.change(document, ["emit", "timestamp"], .string(pick(["now", "window"]))) }
    return document
  }

  private mutating func field() -> JSONValue { .string(pick(Self.columns)) }

  private mutating func event(_ format: String) -> JSONValue {
    var event: JSONValue = ["format": .string(format)]
    if format == "csv" {
      event = Fixtures.change(event, ["columns"], .array(Self.columns.map(JSONValue.string)))
      if next(2) == 0 { event = Fixtures.change(event, ["delimiter"], .string(pick([",", ";", "\t", "|", "~"]))) }
    }
    guard format != "raw" else { return event }
    if next(2) == 0 { event = Fixtures.change(event, ["timestamp"], ["field": field(), "unit": .string(pick(["s", "rfc3339"]))]) }
    if next(2) == 0 { event = Fixtures.change(event, ["key"], ["field": field(), "type": .string(pick(["plain", "user", "composite"]))]) }
    if next(2) == 0 { event = Fixtures.change(event, ["filter"], conditions(depth: 3)) }
    return event
  }

  private mutating func window() -> JSONValue {
    let size = 1 + next(100_000)
    let slide = min(size, size / 600 + 1 + next(size))
    var window: JSONValue
    switch next(4) {
    case 0: window = ["type": "tumbling", "size_ms": .integer(Int64(size)), "offset_ms": .integer(Int64(next(size)))]
    case 1:
      window = [
        "type": "sliding", "size_ms": .integer(Int64(size)), "slide_ms": .integer(Int64(slide)), "offset_ms": .integer(Int64(next(slide))),
      ]
    case 2: window = ["type": "session", "gap_ms": .integer(Int64(size))]
    default:
      window = ["type": "count", "count": .integer(Int64(size))]
      return next(2) == 0 ? window : Fixtures.change(window, ["max_age_ms"], .integer(Int64(size)))
    }
    if next(2) == 0 { window = Fixtures.change(window, ["allowed_lateness_ms"], .integer(Int64(next(10_000)))) }
    return window
  }

  private mutating func aggregations(fields: Bool) -> JSONValue {
    var items: [JSONValue] = ["count"]
    for index in 0..<next(6) {
      let name = JSONValue.string(pick(["m\(index)", "m \(index)"]))
      if !fields || next(3) == 0 {
        let names = items.indices.map { $0 == 0 ? "count" : "`\(items[$0]["as"]?.stringValue ?? "")`" }
        let text = (0...next(3)).map { _ in "\(pick(["", "-"]))\(pick(names)) \(pick(["+", "-", "*", "/"])) (\(next(9)) / 2.5e1)" }
        items.append(["as": name, "expression": .string(text.joined(separator: pick([" - ", "*"])))])
        continue
      }
      let function = pick(["count", "rate", "sum", "avg", "min", "max", "stddev", "variance", "percentile", "p90", "distinct", "first", "last"])
      var item: JSONValue = ["as": name, "function": .string(function)]
      if !["count", "rate"].contains(function) || next(2) == 0 { item = Fixtures.change(item, ["field"], field()) }
      if function == "percentile" { item = Fixtures.change(item, ["p"], pick([50, 99.9, 1e-7, 12.0])) }
      if ["stddev", "variance"].contains(function), next(2) == 0 { item = Fixtures.change(item, ["population"], .bool(next(2) == 0)) }
      if next(2) == 0 { item = Fixtures.change(item, ["where"], conditions(depth: 2)) }
      items.append(item)
    }
    return .array(items)
  }

  private mutating func conditions(depth: Int) -> JSONValue { .array((0...next(2)).map { _ in condition(depth: depth) }) }

  private mutating func condition(depth: Int) -> JSONValue {
    let scalars: [JSONValue] = [500, 500.0, 1.5, -0.0, 1e300, .integer(.min), "", "x", "\u{301}", true, false]
    switch next(depth > 0 ? 8 : 5) {
    case 0: return ["field": field(), "op": "exists"]
    case 1: return ["field": field(), "op": .string(pick(["==", "!="])), "value": pick(scalars)]
    case 2: return ["field": field(), "op": .string(pick(["<", "<=", ">", ">="])), "value": pick(Array(scalars.prefix(9)))]
    case 3: return ["field": field(), "op": .string(pick(["contains", "starts_with"])), "value": .string(pick(Self.words))]
    case 4: return ["field": field(), "op": "in", "value": .array((0...next(3)).map { _ in pick(scalars) })]
    case 5: return ["not": condition(depth: depth - 1)]
    default: return .object([.init(pick(["any", "all"]), conditions(depth: depth - 1))])
    }
  }
}
