/// Room for a run: records that are assigned, looked up and aggregated together. At most `capacity` at a time, so that it stays in
/// the processor's cache.
struct RecordRun {
  static let capacity = 512

  /// Number of each record within the batch.
  let records = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
  let tables = UnsafeMutablePointer<TablePointer>.allocate(capacity: capacity)
  let hashes = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
  let rows = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: capacity)
  var count = 0

  func free() {
    records.deallocate()
    tables.deallocate()
    hashes.deallocate()
    rows.deallocate()
  }
}
