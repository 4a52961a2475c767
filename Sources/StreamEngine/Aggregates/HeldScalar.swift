/// The first or last value of a window by event time, ties by input and offset: value (64 bits, or a `BlobCell` of a text),
/// timestamp, offset (Int64), input (Int32), kind (UInt8; missing: nothing held yet).
struct HeldScalar {
  static let bytes = 32
  private static let timestamp = 8
  private static let offset = 16
  private static let input = 24
  private static let kind = 28

  let place: UnsafeMutableRawPointer
  let table: TablePointer

  @inline(__always)
  init(_ place: UnsafeMutableRawPointer, _ table: TablePointer) {
    self.place = place
    self.table = table
  }

  @inline(__always)
  var kind: UInt8 { place.load(fromByteOffset: HeldScalar.kind, as: UInt8.self) }

  var text: BlobCell { BlobCell(place, table) }

  /// -1, 0 or 1 as (timestamp, input, offset) stands before, at or behind what is held.
  @inline(__always)
  private func order(_ timestamp: Int64, _ input: Int32, _ offset: Int64) -> Int {
    let held = place.load(fromByteOffset: HeldScalar.timestamp, as: Int64.self)
    if timestamp != held { return timestamp < held ? -1 : 1 }
    let heldInput = place.load(fromByteOffset: HeldScalar.input, as: Int32.self)
    if input != heldInput { return input < heldInput ? -1 : 1 }
    let heldOffset = place.load(fromByteOffset: HeldScalar.offset, as: Int64.self)
    return offset < heldOffset ? -1 : (offset > heldOffset ? 1 : 0)
  }

  /// Takes the value if it stands before what is held (`last`: at or behind it).
  func offer(
    last: Bool, _ kind: UInt8, _ bits: UInt64, _ timestamp: Int64, _ input: Int32, _ offset: Int64, memory: StateMemory
  ) throws(StateLimitExceeded) {
    if self.kind != CellKind.missing {
      let order = order(timestamp, input, offset)
      guard last ? order >= 0 : order < 0 else { return }
    }
    if kind == CellKind.text {
      guard let source = UnsafeRawPointer(bitPattern: UInt(bits)) else { return }
      if self.kind != CellKind.text { place.storeBytes(of: 0, as: UInt64.self) }
      try text.store(source + 4, Int(source.loadUnaligned(as: UInt32.self)), memory: memory)
    } else {
      if self.kind == CellKind.text { text.giveUp() }
      place.storeBytes(of: bits, as: UInt64.self)
    }
    place.storeBytes(of: timestamp, toByteOffset: HeldScalar.timestamp, as: Int64.self)
    place.storeBytes(of: offset, toByteOffset: HeldScalar.offset, as: Int64.self)
    place.storeBytes(of: input, toByteOffset: HeldScalar.input, as: Int32.self)
    place.storeBytes(of: kind, toByteOffset: HeldScalar.kind, as: UInt8.self)
  }

  func merge(_ other: HeldScalar, last: Bool, memory: StateMemory) throws(StateLimitExceeded) {
    guard other.kind != CellKind.missing else { return }
    try offer(
      last: last, other.kind, other.bits, other.place.load(fromByteOffset: HeldScalar.timestamp, as: Int64.self),
      other.place.load(fromByteOffset: HeldScalar.input, as: Int32.self),
      other.place.load(fromByteOffset: HeldScalar.offset, as: Int64.self), memory: memory)
  }

  /// The value as a cell has it.
  var bits: UInt64 {
    kind == CellKind.text ? UInt64(UInt(bitPattern: text.text)) : place.load(as: UInt64.self)
  }
}
