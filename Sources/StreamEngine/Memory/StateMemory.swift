/// Counts and hands out the memory of an executor's state, and refuses before a limit is passed.
final class StateMemory {
  /// Bytes of a page, but for pages of rows (see `RowAddressing.pageBytes`).
  static let pageBytes = 16 * 1_024
  /// Pages of each of the two sizes that are kept for the next slice instead of being freed.
  static let mostSparePages = 64

  let limit: Int
  let rowPageBytes: Int
  private(set) var used = 0
  /// False while a stored state is read back, results are on their way out or what is alive moves together: that is taken in whole,
  /// and the next new key meets the limit.
  var limited = true
  private var spareRowPages: [UnsafeMutableRawPointer] = []
  private var sparePages: [UnsafeMutableRawPointer] = []

  init(limit: Int, rowPageBytes: Int) {
    self.limit = limit
    self.rowPageBytes = rowPageBytes
    spareRowPages.reserveCapacity(StateMemory.mostSparePages)
    sparePages.reserveCapacity(StateMemory.mostSparePages)
  }

  deinit {
    for page in spareRowPages { page.deallocate() }
    for page in sparePages { page.deallocate() }
  }

  func reserve(_ bytes: Int) throws(StateLimitExceeded) {
    let (sum, overflow) = used.addingReportingOverflow(bytes)
    guard !overflow, sum <= limit || !limited else {
      throw StateLimitExceeded(
        limit: "max_state_bytes",
        message: "the state would grow from \(used) by \(bytes) bytes, beyond the limit of \(limit)")
    }
    used = sum
  }

  /// For small things that come with what was reserved.
  func addUnchecked(_ bytes: Int) {
    used += bytes
  }

  func release(_ bytes: Int) {
    used -= bytes
  }

  /// Memory of that size, aligned to 16 bytes.
  func take(_ bytes: Int) throws(StateLimitExceeded) -> UnsafeMutableRawPointer {
    try reserve(bytes)
    if bytes == StateMemory.pageBytes, let spare = sparePages.popLast() { return spare }
    if bytes == rowPageBytes, let spare = spareRowPages.popLast() { return spare }
    return .allocate(byteCount: bytes, alignment: 16)
  }

  func give(_ base: UnsafeMutableRawPointer, _ bytes: Int) {
    release(bytes)
    if bytes == StateMemory.pageBytes, sparePages.count < StateMemory.mostSparePages {
      sparePages.append(base)
    } else if bytes == rowPageBytes, bytes != StateMemory.pageBytes, spareRowPages.count < StateMemory.mostSparePages {
      spareRowPages.append(base)
    } else {
      base.deallocate()
    }
  }
}
