/// One page of a slice's memory.
struct Page {
  /// The page differs from the last snapshot.
  static let dirty: UInt8 = 1
  /// Rows of the page were changed by late records and not yet emitted again.
  static let changed: UInt8 = 2

  var base: UnsafeMutableRawPointer
  /// Bytes in use from the page's start.
  var used: Int32
  /// Pages of the block that begins here: 1 for a page of its own, more where one long key needs several that adjoin, 0 inside
  /// such a block.
  var run: Int32
  var flags: UInt8
}

/// A growing list of pages. Its memory is taken and given back through a `StateMemory`.
struct PageList {
  private(set) var pages: UnsafeMutablePointer<Page>
  private(set) var count = 0
  private var capacity: Int

  private static let firstCapacity = 4

  static var firstBytes: Int { firstCapacity * MemoryLayout<Page>.stride }

  /// The caller has reserved `firstBytes`.
  init() {
    capacity = PageList.firstCapacity
    pages = .allocate(capacity: capacity)
  }

  /// Makes room for `more` pages.
  mutating func grow(by more: Int, memory: StateMemory) throws(StateLimitExceeded) {
    guard capacity - count < more else { return }
    let wider = max(capacity * 2, count + more)
    try memory.reserve(wider * MemoryLayout<Page>.stride)
    let moved = UnsafeMutablePointer<Page>.allocate(capacity: wider)
    moved.moveInitialize(from: pages, count: count)
    pages.deallocate()
    memory.release(capacity * MemoryLayout<Page>.stride)
    pages = moved
    capacity = wider
  }

  /// Only after `grow` made room.
  mutating func append(_ page: Page) {
    (pages + count).initialize(to: page)
    count += 1
  }

  /// Frees the list itself; its pages must have been given back.
  mutating func free(memory: StateMemory) {
    pages.deallocate()
    memory.release(capacity * MemoryLayout<Page>.stride)
    count = 0
    capacity = 0
  }
}
