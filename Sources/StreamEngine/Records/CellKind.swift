/// What one cell of a column holds. A cell is a kind byte and 64 payload bits, in arrays of their own.
///
/// The same numbers stand in the decoder's columns, in the engine and in the result encoder; the modules share no types,
/// so that none of them depends on another for its data.
package enum CellKind {
  /// The field is absent or `null`; the bits mean nothing.
  package static let missing: UInt8 = 0
  /// The bits are an `Int64`.
  package static let integer: UInt8 = 1
  /// The bits are a finite IEEE 754 double.
  package static let double: UInt8 = 2
  /// The bits are the address of a `UInt32` length (at most `maxTextBytes`) followed by so many bytes of UTF-8, at any alignment.
  package static let text: UInt8 = 3
  /// The bits are 0 or 1.
  package static let boolean: UInt8 = 4

  /// Longest text that a cell holds.
  package static let maxTextBytes = 4_096
}
