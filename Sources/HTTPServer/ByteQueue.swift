/// Bytes, taken out in the order they came in.
struct ByteQueue {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ more: [UInt8]) {
    bytes.append(contentsOf: more)
  }

  /// Moves as much as fits from the front into the buffer and says how much that was.
  mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let length = min(count, buffer.count)
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<(start + length)])) }
    start += length
    // What was taken is dropped when it is at least as much as the rest, so that each byte is moved once on average.
    if start == bytes.count {
      bytes = []
      start = 0
    } else if start >= bytes.count - start {
      bytes.removeFirst(start)
      start = 0
    }
    return length
  }
}
