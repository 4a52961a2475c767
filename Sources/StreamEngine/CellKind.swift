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
}
