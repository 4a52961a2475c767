import StreamEngine

/// A value of a column or a result, as the test sees it: texts are bytes of its own, not addresses.
enum TestCell: Hashable, CustomStringConvertible, Sendable {
  case missing
  case int(Int64)
  case double(Double)
  case text([UInt8])
  case boolean(Bool)

  static func text(_ text: String) -> TestCell { .text(Array(text.utf8)) }

  /// Copies a text from where the bits point to.
  init(kind: UInt8, bits: UInt64) {
    switch kind {
    case CellKind.integer: self = .int(Int64(bitPattern: bits))
    case CellKind.double: self = .double(Double(bitPattern: bits))
    case CellKind.boolean: self = .boolean(bits == 1)
    case CellKind.text:
      guard let text = UnsafeRawPointer(bitPattern: UInt(bits)) else { fallthrough }
      let length = Int(text.loadUnaligned(as: UInt32.self))
      self = .text(Array(UnsafeRawBufferPointer(start: text + 4, count: length)))
    default: self = .missing
    }
  }

  var kind: UInt8 {
    switch self {
    case .missing: CellKind.missing
    case .int: CellKind.integer
    case .double: CellKind.double
    case .text: CellKind.text
    case .boolean: CellKind.boolean
    }
  }

  /// Of a text 0: its address is the business of who holds the bytes.
  var bits: UInt64 {
    switch self {
    case .missing, .text: 0
    case .int(let value): UInt64(bitPattern: value)
    case .double(let value): value.bitPattern
    case .boolean(let value): value ? 1 : 0
    }
  }

  /// The value of a number, else nil.
  var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    case .missing, .text, .boolean: nil
    }
  }

  var description: String {
    switch self {
    case .missing: "-"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)d"
    case .text(let bytes): bytes.count > 20 ? "\(bytes.count) bytes of text" : "'\(String(decoding: bytes, as: UTF8.self))'"
    case .boolean(let value): "\(value)"
    }
  }
}
