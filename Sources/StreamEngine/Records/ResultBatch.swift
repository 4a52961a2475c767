/// Results on their way from an executor to the encoder: parallel arrays, made once by the lane and reused.
///
/// Result `r` has its cell of aggregation `a` at `r * aggregationCount + a`. The keys point into the executor's memory and are
/// valid, as the texts among the cells, until its next call that may change something or that drains.
package final class ResultBatch {
  /// Flag: the window is still open (`"final": false`).
  package static let early: UInt8 = 1
  /// Flag: the session was swallowed by another, or begins earlier now: this one is no more (`"retracted": true`).
  package static let retracted: UInt8 = 2

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
  /// Of count windows, the number of the window from 1; else 0.
  package let sequences: UnsafeMutablePointer<Int64>
  /// `early` and `retracted`, or 0.
  package let flags: UnsafeMutablePointer<UInt8>
  /// As in `CellKind`.
  package let cellKinds: UnsafeMutablePointer<UInt8>
  package let cellBits: UnsafeMutablePointer<UInt64>
  private var texts: [UnsafeMutableRawPointer] = []

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
    sequences = .allocate(capacity: self.capacity)
    sequences.initialize(repeating: 0, count: self.capacity)
    flags = .allocate(capacity: self.capacity)
    flags.initialize(repeating: 0, count: self.capacity)
    cellKinds = .allocate(capacity: cells)
    cellKinds.initialize(repeating: CellKind.missing, count: cells)
    cellBits = .allocate(capacity: cells)
    cellBits.initialize(repeating: 0, count: cells)
  }

  deinit {
    freeTexts()
    keys.deallocate()
    keyLengths.deallocate()
    windowStarts.deallocate()
    windowEnds.deallocate()
    revisions.deallocate()
    sequences.deallocate()
    flags.deallocate()
    cellKinds.deallocate()
    cellBits.deallocate()
  }

  package func removeAll() {
    count = 0
    freeTexts()
  }

  /// Keeps a text until the batch is emptied; its address, as a text cell has it.
  func keep(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { bytes in
      let copy = UnsafeMutableRawPointer.allocate(byteCount: 4 + bytes.count, alignment: 4)
      copy.storeBytes(of: UInt32(truncatingIfNeeded: bytes.count), as: UInt32.self)
      if let base = bytes.baseAddress { (copy + 4).copyMemory(from: base, byteCount: bytes.count) }
      texts.append(copy)
      return UInt64(UInt(bitPattern: copy))
    }
  }

  private func freeTexts() {
    for text in texts { text.deallocate() }
    texts.removeAll(keepingCapacity: true)
  }
}
