/// Bytes that stay where they are until all are forgotten at once: keys and texts of a batch.
final class EventBytes {
  private static let blockBytes = 64 * 1_024

  private var blocks: [(start: UnsafeMutableRawPointer, size: Int)] = []
  /// The block that is being filled, and how far.
  private var current = 0
  private var used = 0

  deinit { for block in blocks { block.start.deallocate() } }

  /// Keeps the memory for the next batch, except of what was larger than a block.
  func removeAll() {
    for block in blocks where block.size > Self.blockBytes { block.start.deallocate() }
    blocks.removeAll { $0.size > Self.blockBytes }
    current = 0
    used = 0
  }

  func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<UInt8> {
    let place = take(bytes.count)
    if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
    return place.assumingMemoryBound(to: UInt8.self)
  }

  /// With a UInt32 length in front, as in text cells.
  func copyWithLength(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer {
    let place = take(4 + bytes.count)
    place.storeBytes(of: UInt32(bytes.count), as: UInt32.self)
    if let base = bytes.baseAddress { (place + 4).copyMemory(from: base, byteCount: bytes.count) }
    return place
  }

  private func take(_ count: Int) -> UnsafeMutableRawPointer {
    while current < blocks.count {
      if count <= blocks[current].size - used {
        defer { used += count }
        return blocks[current].start + used
      }
      current += 1
      used = 0
    }
    let size = max(Self.blockBytes, count)
    let start = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    blocks.append((start, size))
    used = count
    return start
  }
}
