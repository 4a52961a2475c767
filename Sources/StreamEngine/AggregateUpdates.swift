// The hot loops: each goes over one column of a run and updates one accumulator of each record's row. `rows[k]` is the row of
// record number `records[k]` of the batch; `kinds` and `bits` begin at the column.

typealias RowPointers = UnsafePointer<UnsafeMutableRawPointer>

func updateCountAll(_ rows: RowPointers, _ count: Int, _ offset: Int) {
  for k in 0..<count {
    let cell = (rows[k] + offset).assumingMemoryBound(to: Int64.self)
    cell.pointee &+= 1
  }
}

func updateCount(
  _ rows: RowPointers, _ records: UnsafePointer<Int32>, _ count: Int, _ kinds: UnsafePointer<UInt8>, _ offset: Int
) {
  for k in 0..<count {
    let cell = (rows[k] + offset).assumingMemoryBound(to: Int64.self)
    cell.pointee &+= kinds[Int(records[k])] == CellKind.missing ? 0 : 1
  }
}

/// Integers add up in 128 bits, which no number of records overflows. Doubles add up with the rounding error of each addition
/// kept apart (two-sum: Knuth, The Art of Computer Programming vol. 2, 4.2.2, theorem B).
func updateSum(
  _ rows: RowPointers, _ records: UnsafePointer<Int32>, _ count: Int, _ kinds: UnsafePointer<UInt8>,
  _ bits: UnsafePointer<UInt64>, _ offset: Int, _ kindsOffset: Int
) {
  for k in 0..<count {
    let record = Int(records[k])
    let kind = kinds[record]
    let row = rows[k]
    let seen = (row + kindsOffset + 2).assumingMemoryBound(to: UInt8.self)
    if kind == CellKind.integer {
      let words = (row + offset).assumingMemoryBound(to: UInt64.self)
      let (low, carry) = words[0].addingReportingOverflow(bits[record])
      let extension64 = UInt64(bitPattern: Int64(bitPattern: bits[record]) >> 63)
      words[0] = low
      words[1] = words[1] &+ extension64 &+ (carry ? 1 : 0)
      seen.pointee |= RowLayout.summedIntegers
    } else if kind == CellKind.double {
      let parts = (row + offset + 16).assumingMemoryBound(to: Double.self)
      let value = Double(bitPattern: bits[record])
      let old = parts[0]
      let sum = old + value
      let part = sum - old
      parts[0] = sum
      parts[1] += (old - (sum - part)) + (value - part)
      seen.pointee |= RowLayout.summedDoubles
    }
  }
}

func updateMin(
  _ rows: RowPointers, _ records: UnsafePointer<Int32>, _ count: Int, _ kinds: UnsafePointer<UInt8>,
  _ bits: UnsafePointer<UInt64>, _ offset: Int, _ kindsOffset: Int
) {
  for k in 0..<count {
    let record = Int(records[k])
    let kind = kinds[record]
    guard kind != CellKind.missing else { continue }
    let held = (rows[k] + kindsOffset).assumingMemoryBound(to: UInt8.self)
    let value = (rows[k] + offset).assumingMemoryBound(to: UInt64.self)
    if held.pointee == CellKind.missing || precedes(kind, bits[record], held.pointee, value.pointee) {
      held.pointee = kind
      value.pointee = bits[record]
    }
  }
}

func updateMax(
  _ rows: RowPointers, _ records: UnsafePointer<Int32>, _ count: Int, _ kinds: UnsafePointer<UInt8>,
  _ bits: UnsafePointer<UInt64>, _ offset: Int, _ kindsOffset: Int
) {
  for k in 0..<count {
    let record = Int(records[k])
    let kind = kinds[record]
    guard kind != CellKind.missing else { continue }
    let held = (rows[k] + kindsOffset + 1).assumingMemoryBound(to: UInt8.self)
    let value = (rows[k] + offset).assumingMemoryBound(to: UInt64.self)
    if held.pointee == CellKind.missing || precedes(held.pointee, value.pointee, kind, bits[record]) {
      held.pointee = kind
      value.pointee = bits[record]
    }
  }
}
