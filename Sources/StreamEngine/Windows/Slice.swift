typealias SlicePointer = UnsafeMutablePointer<Slice>

/// The state of one slice of event time.
struct Slice {
  /// Milliseconds; `[start, end)`.
  let start: Int64
  let end: Int64
  /// Ends of the first and of the last window that cover the slice.
  let firstEnd: Int64
  let lastEnd: Int64
  /// The watermark at which the last of them is let go, and the slice with it.
  let expiry: Int64
  let table: TablePointer
  /// Some snapshot held the slice.
  var stored = false
  /// Per input, the smallest offset that went into the slice; Int64.max for none.
  let firstOffsets: UnsafeMutablePointer<Int64>
  let inputs: Int

  static func make(_ time: Int64, _ grid: SliceGrid, lateness: Int64, inputs: Int, memory: StateMemory)
    throws(StateLimitExceeded) -> SlicePointer
  {
    let table = try RowTable.make(memory: memory)
    memory.addUnchecked(bytes(inputs: inputs))
    let offsets = UnsafeMutablePointer<Int64>.allocate(capacity: inputs)
    offsets.initialize(repeating: Int64.max, count: inputs)
    let span = grid.slice(of: time)
    let lastEnd = grid.lastEnd(time)
    let slice = SlicePointer.allocate(capacity: 1)
    slice.initialize(
      to: Slice(
        start: span.start, end: span.end, firstEnd: grid.firstEnd(after: time), lastEnd: lastEnd,
        expiry: saturatingSum(lastEnd, lateness), table: table, firstOffsets: offsets, inputs: inputs))
    return slice
  }

  private static func bytes(inputs: Int) -> Int { MemoryLayout<Slice>.stride + inputs * 8 }

  /// Gives everything back.
  static func free(_ slice: SlicePointer, _ rows: RowAddressing, memory: StateMemory) {
    RowTable.free(slice.pointee.table, rows, memory: memory)
    slice.pointee.firstOffsets.deallocate()
    memory.release(bytes(inputs: slice.pointee.inputs))
    slice.deinitialize(count: 1)
    slice.deallocate()
  }
}
