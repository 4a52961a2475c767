/// A type whose values can be counted, told apart and kept: numbers, texts, booleans and optionals of them, where nil is `missing`.
public protocol FieldValue: SendableMetatype {
  /// Texts of more than 4,096 bytes of UTF-8 cannot be aggregated: the event is skipped as `bad_field`.
  var resultValue: ResultValue { get }
}

/// A type whose values can be summed and compared: integers, floating-point numbers and optionals of them. An event with NaN or an
/// infinity in a field that is aggregated is skipped as `number_out_of_range`.
public protocol NumericFieldValue: FieldValue {}

extension FieldValue where Self: BinaryInteger {
  /// The nearest double where it does not fit into an Int64.
  public var resultValue: ResultValue { Int64(exactly: self).map { .integer($0) } ?? .double(Double(self)) }
}

extension FieldValue where Self: BinaryFloatingPoint {
  public var resultValue: ResultValue { .double(Double(self)) }
}

extension Int: NumericFieldValue {}
extension Int8: NumericFieldValue {}
extension Int16: NumericFieldValue {}
extension Int32: NumericFieldValue {}
extension Int64: NumericFieldValue {}
extension UInt: NumericFieldValue {}
extension UInt8: NumericFieldValue {}
extension UInt16: NumericFieldValue {}
extension UInt32: NumericFieldValue {}
extension UInt64: NumericFieldValue {}
extension Float: NumericFieldValue {}
extension Double: NumericFieldValue {}

extension Bool: FieldValue {
  public var resultValue: ResultValue { .boolean(self) }
}

extension String: FieldValue {
  public var resultValue: ResultValue { .text(self) }
}

extension ResultValue: FieldValue {
  public var resultValue: ResultValue { self }
}

extension Optional: FieldValue where Wrapped: FieldValue {
  public var resultValue: ResultValue { map(\.resultValue) ?? .missing }
}

extension Optional: NumericFieldValue where Wrapped: NumericFieldValue {}
