/// A hash of a scalar that is the same in every process, since checkpoints hold it: equal numbers have one hash, whatever way they
/// are written, and a number, a text and a boolean never share one but by chance.
@inline(__always)
func hashScalar(_ kind: UInt8, _ bits: UInt64) -> UInt64 {
  switch kind {
  case CellKind.text:
    guard let text = UnsafeRawPointer(bitPattern: UInt(bits)) else { return 0 }
    return hashBytes((text + 4).assumingMemoryBound(to: UInt8.self), Int(text.loadUnaligned(as: UInt32.self)), .fixed)
  case CellKind.double:
    let value = Double(bitPattern: bits)
    // What is whole and fits is the same number as the integer.
    if let whole = Int64(exactly: value) { return mix(UInt64(bitPattern: whole) ^ 0x6a09_e667_f3bc_c908) }
    return mix(bits ^ 0xbb67_ae85_84ca_a73b)
  case CellKind.boolean: return mix(bits ^ 0x3c6e_f372_fe94_f82b)
  default: return mix(bits ^ 0x6a09_e667_f3bc_c908)
  }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
@inline(__always)
private func mix(_ value: UInt64) -> UInt64 {
  var z = value &+ 0x9e37_79b9_7f4a_7c15
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}
