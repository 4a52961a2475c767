/// Room for a run: records that are assigned, looked up and aggregated together. At most `capacity` at a time, so that it stays in
/// the processor's cache.
struct RecordRun {
  static let capacity = 512

  /// Number of each record within the batch.
  let records = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
  let tables = UnsafeMutablePointer<TablePointer>.allocate(capacity: capacity)
  let hashes = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
  /// What `readAhead` found on its way; nobody needs it.
  private let seen = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
  private let tails = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
  let rows = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: capacity)
  var count = 0

  func free() {
    records.deallocate()
    tables.deallocate()
    hashes.deallocate()
    seen.deallocate()
    tails.deallocate()
    rows.deallocate()
  }

  /// A table of more keys than that is not in the cache.
  static let cachedKeys = 20_000

  /// Reads entries, rows and keys of the run's hashes, each kind for all records before the next, so that the processor waits for
  /// many of them at once instead of for each in turn.
  func readAhead(_ addressing: RowAddressing) {
    for k in 0..<count { seen[k] = tables[k].pointee.entries[Int(hashes[k]) & tables[k].pointee.mask] }
    for k in 0..<count where seen[k] != 0 {
      rows[k] = tables[k].pointee.row(Int(seen[k] & 0xffff_ffff) - 1, addressing)
      // The last accumulators lie in another cache line than the header.
      tails[k] = rows[k].load(fromByteOffset: addressing.width - 8, as: UInt64.self)
    }
    for k in 0..<count where seen[k] != 0 { tails[k] = UInt64(tables[k].pointee.key(ofRow: rows[k]).pointee) }
  }
}
