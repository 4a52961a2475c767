import RecordCodec

extension JSONValue {
  /// A number with or without fraction.
  var numberValue: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  func text(_ name: String) -> String? { self[name]?.stringValue }
  func integer(_ name: String) -> Int64? { self[name]?.integerValue }
  func number(_ name: String) -> Double? { self[name]?.numberValue }
  func items(_ name: String) -> [JSONValue] { self[name]?.arrayValue ?? [] }
  func texts(_ name: String) -> [String] { items(name).compactMap(\.stringValue) }

  /// An object, or nil if it is absent or null.
  func object(_ name: String) -> JSONValue? { self[name].flatMap { $0.objectMembers == nil ? nil : $0 } }

  /// A value in one word or so, as it stands in a result.
  var plainText: String {
    if case .string(let text) = self { return text }
    return String(decoding: serialized(), as: UTF8.self)
  }
}
