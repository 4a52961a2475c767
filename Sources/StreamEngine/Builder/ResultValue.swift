/// One figure of a result. What the fields of events and custom aggregations hold comes in the same shape.
public enum ResultValue: Sendable, Hashable {
  /// Nothing: there was nothing to aggregate, or the figure is no finite number. `null` in JSON.
  case missing
  case integer(Int64)
  case double(Double)
  case boolean(Bool)
  case text(String)
}

extension ResultValue {
  /// The number, an integer too; nil for anything else.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    case .missing, .boolean, .text: nil
    }
  }

  /// The integer; nil for anything else, doubles too.
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

  public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

  public var text: String? { if case .text(let value) = self { value } else { nil } }
}

extension ResultValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByStringLiteral {
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(stringLiteral value: String) { self = .text(value) }
}

extension ResultValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing: "null"
    case .integer(let value): String(value)
    case .double(let value): String(value)
    case .boolean(let value): String(value)
    case .text(let value): value
    }
  }
}
