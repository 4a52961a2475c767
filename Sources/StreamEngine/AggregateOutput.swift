/// The result of one aggregation over a row, as a cell. What cannot be written as a number (nothing to aggregate, an infinite sum)
/// is missing.
func resultCell(_ output: RowLayout.Output, _ row: UnsafeMutableRawPointer) -> (kind: UInt8, bits: UInt64) {
  switch output.function {
  case .count:
    return (CellKind.integer, row.load(fromByteOffset: output.count, as: UInt64.self))
  case .sum:
    let seen = row.load(fromByteOffset: output.kinds + 2, as: UInt8.self)
    guard seen != 0 else { return (CellKind.missing, 0) }
    if seen & RowLayout.summedDoubles == 0, let sum = Int64(exactly: integerSum(row, output.value)) {
      return (CellKind.integer, UInt64(bitPattern: sum))
    }
    return finiteCell(wholeSum(row, output.value, seen))
  case .avg:
    let seen = row.load(fromByteOffset: output.kinds + 2, as: UInt8.self)
    let count = row.load(fromByteOffset: output.count, as: Int64.self)
    guard seen != 0, count > 0 else { return (CellKind.missing, 0) }
    return finiteCell(wholeSum(row, output.value, seen) / Double(count))
  case .min:
    return heldCell(row.load(fromByteOffset: output.kinds, as: UInt8.self), row, output.value)
  case .max:
    return heldCell(row.load(fromByteOffset: output.kinds + 1, as: UInt8.self), row, output.value)
  }
}

private func finiteCell(_ value: Double) -> (kind: UInt8, bits: UInt64) {
  value.isFinite ? (CellKind.double, value.bitPattern) : (CellKind.missing, 0)
}

private func heldCell(_ kind: UInt8, _ row: UnsafeMutableRawPointer, _ offset: Int) -> (kind: UInt8, bits: UInt64) {
  let bits = row.load(fromByteOffset: offset, as: UInt64.self)
  return kind == CellKind.double ? finiteCell(Double(bitPattern: bits)) : (kind, kind == CellKind.missing ? 0 : bits)
}

private func integerSum(_ row: UnsafeMutableRawPointer, _ offset: Int) -> Int128 {
  let low = row.load(fromByteOffset: offset, as: UInt64.self)
  let high = row.load(fromByteOffset: offset + 8, as: Int64.self)
  return Int128(high) << 64 | Int128(low)
}

/// Integers and doubles together, rounded once the parts that addition lost are back in.
private func wholeSum(_ row: UnsafeMutableRawPointer, _ offset: Int, _ seen: UInt8) -> Double {
  let integers = integerSum(row, offset)
  guard seen & RowLayout.summedDoubles != 0 else { return Double(integers) }
  let doubles = row.load(fromByteOffset: offset + 16, as: Double.self)
  var lost = row.load(fromByteOffset: offset + 24, as: Double.self)
  guard seen & RowLayout.summedIntegers != 0 else { return doubles + lost }
  let whole = Double(integers)
  if let back = Int128(exactly: whole) { lost += Double(integers &- back) }
  let sum = whole + doubles
  let part = sum - whole
  return sum + ((whole - (sum - part)) + (doubles - part) + lost)
}
