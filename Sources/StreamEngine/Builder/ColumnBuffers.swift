/// The arrays of a batch, made once for `capacity` records.
package final class ColumnBuffers {
  package let capacity: Int
  package let inputs: UnsafeMutablePointer<Int32>
  package let offsets: UnsafeMutablePointer<Int64>
  package let timestamps: UnsafeMutablePointer<Int64>
  package let keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  package let keyLengths: UnsafeMutablePointer<Int32>
  package let status: UnsafeMutablePointer<UInt8>
  package let cellKinds: UnsafeMutablePointer<UInt8>
  package let cellBits: UnsafeMutablePointer<UInt64>
  package let watermarks: UnsafeMutablePointer<Int64>
  package let outcomes: UnsafeMutablePointer<UInt8>

  package init(capacity: Int, fieldCount: Int) {
    self.capacity = max(1, capacity)
    let cells = self.capacity * max(1, fieldCount)
    inputs = Self.make(self.capacity, 0)
    offsets = Self.make(self.capacity, 0)
    timestamps = Self.make(self.capacity, 0)
    keys = Self.make(self.capacity, nil)
    keyLengths = Self.make(self.capacity, 0)
    status = Self.make(self.capacity, 0)
    cellKinds = Self.make(cells, CellKind.missing)
    cellBits = Self.make(cells, 0)
    watermarks = Self.make(self.capacity, .min)
    outcomes = Self.make(self.capacity, RecordOutcome.none)
  }

  deinit {
    inputs.deallocate()
    offsets.deallocate()
    timestamps.deallocate()
    keys.deallocate()
    keyLengths.deallocate()
    status.deallocate()
    cellKinds.deallocate()
    cellBits.deallocate()
    watermarks.deallocate()
    outcomes.deallocate()
  }

  /// The first `count` records, with room for what becomes of them.
  package func columns(_ count: Int, events: UnsafeRawPointer?) -> RecordColumns {
    outcomes.update(repeating: RecordOutcome.none, count: count)
    var columns = RecordColumns(
      count: count, inputs: inputs, offsets: offsets, timestamps: timestamps, keys: keys, keyLengths: keyLengths, status: status,
      cellKinds: cellKinds, cellBits: cellBits, stride: capacity)
    columns.watermarks = UnsafePointer(watermarks)
    columns.events = events
    columns.outcomes = outcomes
    return columns
  }

  private static func make<Element>(_ count: Int, _ value: Element) -> UnsafeMutablePointer<Element> {
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: count)
    pointer.initialize(repeating: value, count: count)
    return pointer
  }
}
