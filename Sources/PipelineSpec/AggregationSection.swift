import RecordCodec
import StreamEngine

/// The member `aggregations`.
struct AggregationSection {
  private(set) var items: [AggregationItem] = []

  init(_ root: ObjectReader, _ event: EventSection) {
    guard root.required("aggregations", "required: a list such as [\"count\", \"avg(latency_ms)\"]") != nil,
      let list = root.list("aggregations", atMost: SpecLimits.maxAggregations, of: "aggregations")
    else { return }
    let faults = root.faults
    let reader = AggregationReader(event, faults)
    for (index, value) in list.enumerated() {
      let place = SpecText.pointer(root.place("aggregations"), String(index))
      let item: AggregationItem?
      var namePlace = place
      switch value {
      case .string(let text):
        item = reader.read(short: text, at: place)
      case .object:
        guard let object = ObjectReader(value, at: place, faults) else { continue }
        if object["as"] != nil { namePlace = object.place("as") }
        item = reader.read(long: object)
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
    // An entry with a fault has no name to find: an expression that uses it would look wrong too.
    guard items.count == list.count else { return }
    if items.allSatisfy({ $0.text != nil }) {
      faults.add(root.place("aggregations"), .conflict, "holds only expressions, and nothing that they could be computed from", suggestion: "count")
    }
    compileExpressions(root.place("aggregations"), faults)
  }

  private mutating func compileExpressions(_ list: String, _ faults: FaultCollector) {
    for index in items.indices {
      guard let text = items[index].text else { continue }
      do throws(ExpressionFault) {
        var parser = ExpressionParser(text, of: index, in: items)
        items[index].expression = try parser.parse()
      } catch {
        let place = SpecText.pointer(SpecText.pointer(list, String(index)), "expression")
        faults.add(place, error.code, error.detail, suggestion: error.suggestion)
      }
    }
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

  var normalized: JSONValue { .array(items.map(\.normalized)) }
}
