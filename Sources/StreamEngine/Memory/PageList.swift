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
