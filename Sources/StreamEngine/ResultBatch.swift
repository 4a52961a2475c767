/// Results on their way from an executor to the encoder: parallel arrays, made once by the lane and reused.
///
/// Result `r` has its cell of aggregation `a` at `r * aggregationCount + a`. The keys point into the executor's memory and are
/// valid until its next `process`, `advance`, `endBatch` or `markIdle`.
package final class ResultBatch {
  package let capacity: Int
  package let aggregationCount: Int
  package internal(set) var count = 0
  package let keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  package let keyLengths: UnsafeMutablePointer<Int32>
  /// Milliseconds.
  package let windowStarts: UnsafeMutablePointer<Int64>
  package let windowEnds: UnsafeMutablePointer<Int64>
  /// 1 for the first result of a key and window.
  package let revisions: UnsafeMutablePointer<Int64>
  /// As in `CellKind`.
  package let cellKinds: UnsafeMutablePointer<UInt8>
  package let cellBits: UnsafeMutablePointer<UInt64>

  /// Room for `capacity` results, at least one.
  package init(capacity: Int, aggregationCount: Int) {
    self.capacity = max(1, capacity)
    self.aggregationCount = max(0, aggregationCount)
    let cells = self.capacity * self.aggregationCount
    keys = .allocate(capacity: self.capacity)
    keys.initialize(repeating: nil, count: self.capacity)
    keyLengths = .allocate(capacity: self.capacity)
    keyLengths.initialize(repeating: 0, count: self.capacity)
    windowStarts = .allocate(capacity: self.capacity)
    windowStarts.initialize(repeating: 0, count: self.capacity)
    windowEnds = .allocate(capacity: self.capacity)
    windowEnds.initialize(repeating: 0, count: self.capacity)
    revisions = .allocate(capacity: self.capacity)
    revisions.initialize(repeating: 0, count: self.capacity)
    cellKinds = .allocate(capacity: cells)
    cellKinds.initialize(repeating: CellKind.missing, count: cells)
    cellBits = .allocate(capacity: cells)
    cellBits.initialize(repeating: 0, count: cells)
  }

  deinit {
    keys.deallocate()
    keyLengths.deallocate()
    windowStarts.deallocate()
    windowEnds.deallocate()
    revisions.deallocate()
    cellKinds.deallocate()
    cellBits.deallocate()
  }

  package func removeAll() {
    count = 0
  }
}
