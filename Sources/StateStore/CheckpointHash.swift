import CXXHash

/// The hashes that tell a stored checkpoint from a damaged one: XXH3, 64 bits, over little-endian fields.
enum CheckpointHash {
  static func bytes(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    XXH3_64bits(bytes.baseAddress, bytes.count)
  }

  static func bytes(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { Self.bytes($0) }
  }

  /// Content, place and age of one page, so that a right page in a wrong place is found too.
  ///
  /// The sum of these over a shard's pages (wrapping) stands for the whole set and can be kept up page by page.
  static func page(shard: Int32, slice: Int64, kind: Int64, number: Int64, n: Int64, count: Int, contentHash: UInt64) -> UInt64 {
    fields(1, UInt64(bitPattern: Int64(shard)), UInt64(bitPattern: slice), UInt64(bitPattern: kind), UInt64(bitPattern: number),
      UInt64(bitPattern: n), UInt64(bitPattern: Int64(count)), contentHash)
  }

  static func head(shard: Int32, _ head: HeadRecord) -> UInt64 {
    fields(2, UInt64(bitPattern: Int64(shard)), UInt64(bitPattern: head.n),
      UInt64(bitPattern: head.pageCount), head.pageSum, head.bodyHash, 0, 0)
  }

  static func pending(shard: Int32, _ pending: PendingRecord) -> UInt64 {
    fields(4, UInt64(bitPattern: Int64(shard)), UInt64(bitPattern: pending.n), pending.isFull ? 1 : 0,
      UInt64(bitPattern: pending.pageCount), pending.pageSum, pending.bodyHash, pending.removedHash)
  }

  static func root(_ records: StoredRecords) -> UInt64 {
    fields(3, UInt64(bitPattern: Int64(records.count)), records.sum, 0, 0, 0, 0, 0)
  }

  private static func fields(
    _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64, _ f: UInt64, _ g: UInt64, _ h: UInt64
  ) -> UInt64 {
    let all = (
      a.littleEndian, b.littleEndian, c.littleEndian, d.littleEndian, e.littleEndian, f.littleEndian, g.littleEndian, h.littleEndian
    )
    return withUnsafeBytes(of: all) { bytes($0) }
  }
}
