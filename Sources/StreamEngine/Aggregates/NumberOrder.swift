/// Whether cell a stands before cell b. Integers and doubles are compared by their exact values. Where the values are equal, a
/// fixed order (integer, then -0.0, then 0.0) decides, so that a smallest or largest value does not depend on the order of records.
/// A NaN, which only a damaged store can hold, stands behind everything.
func precedes(_ kindA: UInt8, _ bitsA: UInt64, _ kindB: UInt8, _ bitsB: UInt64) -> Bool {
  if kindA == CellKind.integer {
    let a = Int64(bitPattern: bitsA)
    if kindB == CellKind.integer { return a < Int64(bitPattern: bitsB) }
    return compare(a, Double(bitPattern: bitsB)) <= 0
  }
  let a = Double(bitPattern: bitsA)
  if kindB == CellKind.integer { return compare(Int64(bitPattern: bitsB), a) > 0 }
  let b = Double(bitPattern: bitsB)
  if a == b { return a.sign == .minus && b.sign == .plus }
  return a < b || (b.isNaN && !a.isNaN)
}

/// -1, 0 or 1 as the integer is smaller than, equal to or larger than the double.
private func compare(_ integer: Int64, _ double: Double) -> Int {
  // 2^63: the first double past Int64. The comparison is false for NaN, too.
  guard double < 0x1p63 else { return -1 }
  guard double >= -0x1p63 else { return 1 }
  let whole = Int64(double.rounded(.towardZero))
  if integer != whole { return integer < whole ? -1 : 1 }
  let rest = double - Double(whole)
  return rest > 0 ? -1 : (rest < 0 ? 1 : 0)
}
