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

/// The value of a numeric cell as a double.
@inline(__always)
private func number(_ kind: UInt8, _ bits: UInt64) -> Double {
  kind == CellKind.integer ? Double(Int64(bitPattern: bits)) : Double(bitPattern: bits)
}

/// Mean and sum of squared distances from it (Welford: Note on a Method for Calculating Corrected Sums of Squares and Products,
/// Technometrics 4, 1962).
func updateMoments(
  _ rows: RowPointers, _ records: UnsafePointer<Int32>, _ count: Int, _ kinds: UnsafePointer<UInt8>,
  _ bits: UnsafePointer<UInt64>, _ offset: Int
) {
  for k in 0..<count {
    let record = Int(records[k])
    let kind = kinds[record]
    guard kind == CellKind.integer || kind == CellKind.double else { continue }
    let n = (rows[k] + offset).assumingMemoryBound(to: Int64.self)
    let moments = (rows[k] + offset + 8).assumingMemoryBound(to: Double.self)
    let value = number(kind, bits[record])
    n.pointee &+= 1
    let distance = value - moments[0]
    moments[0] += distance / Double(n.pointee)
    moments[1] += distance * (value - moments[0])
  }
}

func updateQuantiles(
  _ run: RecordRun, _ kinds: UnsafePointer<UInt8>, _ bits: UnsafePointer<UInt64>, _ offset: Int, _ memory: StateMemory
) throws(StateLimitExceeded) {
  for k in 0..<run.count {
    let record = Int(run.records[k])
    let kind = kinds[record]
    guard kind == CellKind.integer || kind == CellKind.double else { continue }
    try QuantileSketch.add(number(kind, bits[record]), to: BlobCell(run.rows[k] + offset, run.tables[k]), memory: memory)
  }
}

func updateDistinct(
  _ run: RecordRun, _ kinds: UnsafePointer<UInt8>, _ bits: UnsafePointer<UInt64>, _ offset: Int, _ memory: StateMemory
) throws(StateLimitExceeded) {
  for k in 0..<run.count {
    let record = Int(run.records[k])
    guard kinds[record] != CellKind.missing else { continue }
    try DistinctSet.add(
      hashScalar(kinds[record], bits[record]), to: BlobCell(run.rows[k] + offset, run.tables[k]), memory: memory)
  }
}

func updateHeld(
  _ run: RecordRun, _ columns: RecordColumns, _ kinds: UnsafePointer<UInt8>, _ bits: UnsafePointer<UInt64>, _ offset: Int,
  last: Bool, _ memory: StateMemory
) throws(StateLimitExceeded) {
  for k in 0..<run.count {
    let record = Int(run.records[k])
    guard kinds[record] != CellKind.missing else { continue }
    try HeldScalar(run.rows[k] + offset, run.tables[k]).offer(
      last: last, kinds[record], bits[record], columns.timestamps[record], columns.inputs[record], columns.offsets[record],
      memory: memory)
  }
}

/// A user's own: its state is read, changed and written back for each record.
func updateCustom(
  _ run: RecordRun, _ events: UnsafeRawPointer, _ custom: CustomAggregation, _ offset: Int, _ memory: StateMemory
) throws(StateLimitExceeded) {
  for k in 0..<run.count {
    let cell = BlobCell(run.rows[k] + offset, run.tables[k])
    var state = customState(cell, custom)
    custom.add(&state, events, Int(run.records[k]))
    try storeCustom(state, in: cell, memory)
  }
}

func customState(_ cell: BlobCell, _ custom: CustomAggregation) -> [UInt8] {
  cell.isNone ? custom.initial() : Array(UnsafeRawBufferPointer(start: cell.bytes, count: cell.length))
}

func storeCustom(_ state: [UInt8], in cell: BlobCell, _ memory: StateMemory) throws(StateLimitExceeded) {
  guard state.count <= CustomAggregation.maxStateBytes else {
    throw StateLimitExceeded(
      limit: "max_state_bytes",
      message: "the state of a custom aggregation has \(state.count) bytes, more than \(CustomAggregation.maxStateBytes)")
  }
  try state.withUnsafeBufferPointer { bytes throws(StateLimitExceeded) in
    try cell.store(bytes.baseAddress.map { UnsafeRawPointer($0) }, state.count, memory: memory)
  }
}
