import Glibc

/// A window as a result shows it.
struct WindowSpan {
  var start: Int64
  var end: Int64
}

/// A value of a result: a `CellKind` and its bits.
typealias Cell = (kind: UInt8, bits: UInt64)

private let missingCell: Cell = (CellKind.missing, 0)

/// The result of one aggregation over a row, as a cell. What cannot be written as a number (nothing to aggregate, an infinite sum)
/// is missing, and so are custom aggregations and expressions: those are not made from a row alone.
func resultCell(_ output: RowLayout.Output, _ row: UnsafeMutableRawPointer, of table: TablePointer, _ window: WindowSpan) -> Cell {
  guard row.rowAge <= output.age else { return missingCell }
  switch output.plan.function {
  case .count:
    return (CellKind.integer, row.load(fromByteOffset: output.count, as: UInt64.self))
  case .rate:
    let count = Double(row.load(fromByteOffset: output.count, as: Int64.self))
    return finiteCell(count / (Double(saturatingDifference(window.end, window.start)) / 1_000))
  case .sum:
    let seen = row.load(fromByteOffset: output.kinds + 2, as: UInt8.self)
    guard seen != 0 else { return missingCell }
    if seen & RowLayout.summedDoubles == 0, let sum = shortSum(row, output.value) {
      return (CellKind.integer, UInt64(bitPattern: sum))
    }
    return finiteCell(wholeSum(row, output.value, seen))
  case .avg:
    let seen = row.load(fromByteOffset: output.kinds + 2, as: UInt8.self)
    let count = row.load(fromByteOffset: output.count, as: Int64.self)
    guard seen != 0, count > 0 else { return missingCell }
    return finiteCell(wholeSum(row, output.value, seen) / Double(count))
  case .min:
    return heldCell(row.load(fromByteOffset: output.kinds, as: UInt8.self), row, output.value)
  case .max:
    return heldCell(row.load(fromByteOffset: output.kinds + 1, as: UInt8.self), row, output.value)
  case .variance, .stddev:
    let n = row.load(fromByteOffset: output.value, as: Int64.self) &- (output.plan.population ? 0 : 1)
    guard n > 0 else { return missingCell }
    let variance = row.load(fromByteOffset: output.value + 16, as: Double.self) / Double(n)
    return finiteCell(output.plan.function == .stddev ? variance.squareRoot() : variance)
  case .percentile:
    let value = QuantileSketch.quantile(output.plan.percentile / 100, of: BlobCell(row + output.value, table))
    return value.map(finiteCell) ?? missingCell
  case .distinct:
    return (CellKind.integer, UInt64(bitPattern: DistinctSet.count(BlobCell(row + output.value, table))))
  case .first, .last:
    let held = HeldScalar(row + output.value, table)
    return (held.kind, held.kind == CellKind.missing ? 0 : held.bits)
  case .custom, .expression:
    return missingCell
  }
}

private func finiteCell(_ value: Double) -> Cell {
  value.isFinite ? (CellKind.double, value.bitPattern) : (CellKind.missing, 0)
}

private func heldCell(_ kind: UInt8, _ row: UnsafeMutableRawPointer, _ offset: Int) -> Cell {
  let bits = row.load(fromByteOffset: offset, as: UInt64.self)
  return kind == CellKind.double ? finiteCell(Double(bitPattern: bits)) : (kind, kind == CellKind.missing ? 0 : bits)
}

/// The sum of the integers if it fits into 64 bits.
@inline(__always)
private func shortSum(_ row: UnsafeMutableRawPointer, _ offset: Int) -> Int64? {
  let low = row.load(fromByteOffset: offset, as: Int64.self)
  let high = row.load(fromByteOffset: offset + 8, as: Int64.self)
  return high == low >> 63 ? low : nil
}

/// The sum of the integers as the nearest double and what that leaves out. Conversions of Int128 are slow, so they serve only for
/// sums that need them.
@inline(__always)
private func integerSum(_ row: UnsafeMutableRawPointer, _ offset: Int) -> (nearest: Double, rest: Double) {
  if let short = shortSum(row, offset) {
    let nearest = Double(short)
    // 2^63 is the one nearest double that is no Int64.
    return nearest < 0x1p63 ? (nearest, Double(short &- Int64(nearest))) : (nearest, Double(short &- Int64.max) - 1)
  }
  let low = row.load(fromByteOffset: offset, as: UInt64.self)
  let high = row.load(fromByteOffset: offset + 8, as: Int64.self)
  let sum = Int128(high) << 64 | Int128(low)
  let nearest = Double(sum)
  return (nearest, Int128(exactly: nearest).map { Double(sum &- $0) } ?? 0)
}

/// Integers and doubles together, rounded once the parts that addition lost are back in.
private func wholeSum(_ row: UnsafeMutableRawPointer, _ offset: Int, _ seen: UInt8) -> Double {
  let integers: (nearest: Double, rest: Double) = integerSum(row, offset)
  guard seen & RowLayout.summedDoubles != 0 else { return integers.nearest }
  let doubles = row.load(fromByteOffset: offset + 16, as: Double.self)
  let lost = row.load(fromByteOffset: offset + 24, as: Double.self)
  guard seen & RowLayout.summedIntegers != 0 else { return doubles + lost }
  let sum = integers.nearest + doubles
  let part = sum - integers.nearest
  let error = (integers.nearest - (sum - part)) + (doubles - part)
  return sum + (error + lost + integers.rest)
}
