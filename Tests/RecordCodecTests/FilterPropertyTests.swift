import RecordCodec
import Testing

/// What a filter means, over a parsed document and without any program. A number beyond double is an infinity there.
extension RecordFilter {
  func holds(for record: JSONValue) -> Bool {
    switch self {
    case .all(let parts): return parts.allSatisfy { $0.holds(for: record) }
    case .any(let parts): return parts.contains { $0.holds(for: record) }
    case .not(let part): return !part.holds(for: record)
    case .exists(let path): return record.field(path) != nil
    case .isIn(let path, let values):
      return values.contains { RecordFilter.compare(path, .equal, $0).holds(for: record) }
    case .compare(let path, let relation, let literal):
      guard let value = record.field(path) else { return false }
      if case .string(let text) = value, case .text(let part) = literal {
        switch relation {
        case .contains: return Array(text.utf8).firstRange(of: Array(part.utf8)) != nil || part.isEmpty
        case .startsWith: return text.utf8.starts(with: part.utf8)
        default: break
        }
      }
      let order = literal.order(of: value)
      switch relation {
      case .equal: return order == 0
      case .notEqual: return order != 0
      case .contains, .startsWith: return false
      default:
        guard let order, value.boolValue == nil else { return false }
        return switch relation {
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        default: order >= 0
        }
      }
    }
  }
}

extension RecordFilter.Value {
  /// How the value stands to this literal: -1, 0, 1; nil if they cannot be compared.
  fileprivate func order(of value: JSONValue) -> Int? {
    func compare<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }
    /// Only doubles that are whole can be equal to an integer, and no other lies so near to one that rounding matters.
    func compare(_ integer: Int64, _ double: Double) -> Int {
      if let whole = Int64(exactly: double) { return compare(integer, whole) }
      return double >= 0x1p63 ? -1 : compare(Double(integer), double)
    }
    switch (value, self) {
    case (.integer(let a), .integer(let b)): return compare(a, b)
    case (.integer(let a), .double(let b)): return compare(a, b)
    case (.double(let a), .integer(let b)): return -compare(b, a)
    case (.double(let a), .double(let b)): return compare(a, b)
    case (.bool(let a), .boolean(let b)): return a == b ? 0 : 1
    case (.string(let a), .text(let b)):
      return a.utf8.elementsEqual(b.utf8) ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    default: return nil
    }
  }
}

extension JSONValue {
  fileprivate func field(_ path: FieldPath) -> JSONValue? {
    var value: JSONValue? = self
    for step in path.text.split(separator: ".", omittingEmptySubsequences: false) {
      if case .array(let items) = value {
        value = Int(step).flatMap { items.indices.contains($0) ? items[$0] : nil }
      } else {
        value = value?[String(step)]
      }
    }
    return value == .null ? nil : value
  }
}

@Suite struct FilterPropertyTests {
  /// Values as they stand in records and as they are; literals come from the same ones, so that equality happens.
  static let scalars: [(text: String, value: JSONValue)] =
    [0, 1, -1, 7, .max, .min, 9_007_199_254_740_992, 9_007_199_254_740_993].map { ("\($0)", JSONValue.integer($0)) }
    + [0.5, -0.5, -0.0, 1.0, 7.25, 9_007_199_254_740_992, 0x1p63, -0x1p63, 1e300, -1e300].map { ("\($0)", .double($0)) }
    + [("1e400", .double(.infinity)), ("-1e400", .double(-.infinity)), ("true", true), ("false", false), ("null", .null)]
    + ["", "a", "b", "ab", "ba", "aba", "A", "é", "1", "true", "a\"b", "日本"].map { (#""\#($0.replacing("\"", with: #"\""#))""#, .string($0)) }
    + [(#""\u0061b""#, "ab"), (#""\u00e9""#, "é"), (#""a\u0022b""#, "a\"b"), (#""\u65e5\u672c""#, "日本")]
  static let paths = ["a", "b", "o.a", "o.b", "l.0", "l.1", "o", "l", "none"].map { FieldPath($0) }

  private func literal(_ random: inout SeededGenerator) -> RecordFilter.Value {
    switch Self.scalars.randomElement(using: &random)!.value {
    case .integer(let number): .integer(number)
    case .double(let number): .double(number)
    case .bool(let flag): .boolean(flag)
    case .string(let text): .text(text)
    default: .text("null")
    }
  }

  private func filter(_ depth: Int, _ random: inout SeededGenerator) -> RecordFilter {
    let path = Self.paths.randomElement(using: &random)!
    switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
    case 0: return .exists(path)
    case 1: return .isIn(path, (0..<Int.random(in: 0...4, using: &random)).map { _ in literal(&random) })
    case 2...4: return .compare(path, RecordFilter.Operator.allCases.randomElement(using: &random)!, literal(&random))
    case 5: return .not(filter(depth - 1, &random))
    default:
      let parts = (0..<Int.random(in: 0...3, using: &random)).map { _ in filter(depth - 1, &random) }
      return Bool.random(using: &random) ? .all(parts) : .any(parts)
    }
  }

  private func record(_ random: inout SeededGenerator) -> (text: String, value: JSONValue) {
    func members(_ names: [String]) -> (text: String, value: JSONValue) {
      var texts: [String] = []
      var values: [JSONValue.Member] = []
      for name in names where Int.random(in: 0..<5, using: &random) > 0 {
        let scalar = Self.scalars.randomElement(using: &random)!
        texts.append("\"\(name)\":\(scalar.text)")
        values.append(.init(name, scalar.value))
      }
      return (texts.joined(separator: ","), .object(values))
    }
    let top = members(["a", "b"])
    let inner = members(["a", "b"])
    let items = (0..<Int.random(in: 0...2, using: &random)).map { _ in Self.scalars.randomElement(using: &random)! }
    let text = "{" + [top.text, "\"o\":{\(inner.text)}", "\"l\":[\(items.map(\.text).joined(separator: ","))]"].filter { !$0.isEmpty }.joined(separator: ",") + "}"
    return (text, .object(top.value.objectMembers! + [.init("o", inner.value), .init("l", .array(items.map(\.value)))]))
  }

  @Test("2,000 random filters over 50 random records each hold as a plain evaluation says, as filter and as condition")
  func differential() {
    var random = SeededGenerator(seed: 20_260_105)
    var passed = 0
    for _ in 0..<2_000 {
      let filter = filter(4, &random)
      var filtering = RecordDecoderConfiguration.columns([])
      filtering.filter = filter
      var conditional = RecordDecoderConfiguration.columns(["a"], .scalar)
      conditional.fields = [FieldColumn(FieldPath(""), .always, condition: filter), FieldColumn(FieldPath(""), .always, condition: .not(filter))]
      let records = (0..<50).map { _ in record(&random) }
      let inputs = records.map { Input($0.text) }
      let filtered = DecodeHarness(filtering).decode(inputs)
      let conditions = DecodeHarness(conditional).decode(inputs)
      for (index, record) in records.enumerated() {
        let expected = filter.holds(for: record.value)
        passed += expected ? 1 : 0
        let cells: [Cell] = expected ? [.integer(1), .missing] : [.missing, .integer(1)]
        guard filtered[index].failure == nil, filtered[index].isFiltered != expected, conditions[index].cells == cells else {
          Issue.record("\(filter) over \(record.text): \(filtered[index]), \(conditions[index]), not \(expected)")
          return
        }
      }
    }
    #expect(passed > 20_000 && passed < 80_000, "\(passed)")
  }
}
