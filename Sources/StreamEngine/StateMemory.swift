/// Counts and hands out the memory of an executor's state, and refuses before a limit is passed.
final class StateMemory {
  /// Bytes of a page of key bytes, and the most for a page of rows unless a single row is longer.
  static let pageBytes = 16 * 1_024
  /// Pages of each kind that are kept for the next slice instead of being freed.
  static let mostSparePages = 64

  let limit: Int
  let rowPageBytes: Int
  private(set) var used = 0
  /// False while a stored state is read back: what was stored is taken in whole, and the next new key meets the limit.
  var limited = true
  private var spareRowPages: [UnsafeMutableRawPointer] = []
  private var spareKeyPages: [UnsafeMutableRawPointer] = []

  init(limit: Int, rowPageBytes: Int) {
    self.limit = limit
    self.rowPageBytes = rowPageBytes
    spareRowPages.reserveCapacity(StateMemory.mostSparePages)
    spareKeyPages.reserveCapacity(StateMemory.mostSparePages)
  }

  deinit {
    for page in spareRowPages { page.deallocate() }
    for page in spareKeyPages { page.deallocate() }
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

  func release(_ bytes: Int) {
    used -= bytes
  }

  func takeRowPage() throws(StateLimitExceeded) -> Page {
    try reserve(rowPageBytes)
    let base = spareRowPages.popLast() ?? .allocate(byteCount: rowPageBytes, alignment: 16)
    return Page(base: base, used: 0, run: 1, flags: Page.dirty)
  }

  func giveRowPage(_ page: Page) {
    release(rowPageBytes)
    if spareRowPages.count < StateMemory.mostSparePages {
      spareRowPages.append(page.base)
    } else {
      page.base.deallocate()
    }
  }

  /// The first of `run` adjoining pages of key bytes.
  func takeKeyPages(run: Int) throws(StateLimitExceeded) -> UnsafeMutableRawPointer {
    try reserve(run * StateMemory.pageBytes)
    if run == 1, let spare = spareKeyPages.popLast() { return spare }
    return .allocate(byteCount: run * StateMemory.pageBytes, alignment: 16)
  }

  func giveKeyPages(_ base: UnsafeMutableRawPointer, run: Int) {
    release(run * StateMemory.pageBytes)
    if run == 1, spareKeyPages.count < StateMemory.mostSparePages {
      spareKeyPages.append(base)
    } else {
      base.deallocate()
    }
  }
}
