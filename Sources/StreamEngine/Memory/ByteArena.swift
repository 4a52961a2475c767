import Glibc

/// Bytes of different lengths, put one behind the other into pages and found again by page and offset. What is given out stays where
/// it is and is contiguous: where the rest of a page is too short a new one begins, and what is longer than a page gets a block of
/// adjoining ones.
///
/// Bytes are not given back one by one: `dead` counts those that nobody uses any more, and the owner moves the others into a new
/// arena once they are too many.
struct ByteArena {
  private(set) var list: PageList
  /// The page that takes the next short piece; -1 before the first.
  private var openPage = -1
  /// Bytes given out and in use.
  private(set) var live = 0
  /// Bytes given out and given up.
  private(set) var dead = 0

  static var firstBytes: Int { PageList.firstBytes }

  /// The caller has reserved `firstBytes`.
  init() {
    list = PageList()
  }

  var count: Int { list.count }
  var pages: UnsafeMutablePointer<Page> { list.pages }

  @inline(__always)
  func address(page: Int, offset: Int) -> UnsafeMutableRawPointer { list.pages[page].base + offset }

  @inline(__always)
  func markDirty(page: Int) { list.pages[page].flags |= Page.dirty }

  /// Room for `length` bytes (above 0). `alignment`: 1 or 8; all pieces of an arena have the same.
  mutating func allocate(_ length: Int, alignment: Int, memory: StateMemory) throws(StateLimitExceeded) -> (page: Int, offset: Int) {
    let pageBytes = StateMemory.pageBytes
    let length = (length + alignment - 1) & ~(alignment - 1)
    if length > pageBytes {
      let run = (length + pageBytes - 1) / pageBytes
      let first = list.count
      try list.grow(by: run, memory: memory)
      append(try memory.take(run * pageBytes), run: run, bytes: length)
      live += length
      return (first, 0)
    }
    if openPage < 0 || Int(list.pages[openPage].used) + length > pageBytes {
      try list.grow(by: 1, memory: memory)
      let base = try memory.take(pageBytes)
      openPage = list.count
      append(base, run: 1, bytes: 0)
    }
    let offset = Int(list.pages[openPage].used)
    list.pages[openPage].used += Int32(truncatingIfNeeded: length)
    list.pages[openPage].flags |= Page.dirty
    live += length
    return (openPage, offset)
  }

  /// Nobody uses these bytes any more. `length` as it was given out.
  mutating func giveUp(_ length: Int, alignment: Int) {
    let length = (length + alignment - 1) & ~(alignment - 1)
    live -= length
    dead += length
  }

  /// More bytes are dead than alive, and enough of them to be worth a look at so many rows.
  func wantsMove(rows: Int) -> Bool { dead > live && dead > 4 * StateMemory.pageBytes && dead > 16 * rows }

  /// Lists a block of `run` adjoining pages of which the first `bytes` are in use. The list has room.
  private mutating func append(_ base: UnsafeMutableRawPointer, run: Int, bytes: Int) {
    let pageBytes = StateMemory.pageBytes
    for number in 0..<run {
      list.append(
        Page(
          base: base + number * pageBytes, used: Int32(truncatingIfNeeded: min(pageBytes, bytes - number * pageBytes)),
          run: number == 0 ? Int32(truncatingIfNeeded: run) : 0, flags: Page.dirty))
    }
  }

  /// The pages that adjoin.
  var blocks: [PageBlock] {
    (0..<list.count).filter { list.pages[$0].run > 1 }.map { PageBlock(first: $0, count: Int(list.pages[$0].run)) }
  }

  /// Bytes in use of the block that begins with that page; 0 if none does.
  func usedBytes(ofBlock page: Int) -> Int {
    guard page >= 0, page < list.count, list.pages[page].run > 0 else { return 0 }
    let run = Int(list.pages[page].run)
    return (run - 1) * StateMemory.pageBytes + Int(list.pages[page + run - 1].used)
  }

  /// Takes over stored pages, of at most a page each. `runs`: for each how many adjoin from it on, 0 inside such a block, whose pages
  /// but the last are full. What lives in them is for the owner to say (`countLive`).
  mutating func restore(_ stored: [ArraySlice<UInt8>], runs: [Int], memory: StateMemory) throws(StateLimitExceeded) {
    let pageBytes = StateMemory.pageBytes
    try list.grow(by: stored.count, memory: memory)
    var number = 0
    while number < stored.count {
      let run = max(1, runs[number])
      append(try memory.take(run * pageBytes), run: run, bytes: run * pageBytes)
      for part in number..<(number + run) {
        let page = list.pages + part
        stored[part].withUnsafeBytes { bytes in
          if let base = bytes.baseAddress { page.pointee.base.copyMemory(from: base, byteCount: bytes.count) }
        }
        page.pointee.used = Int32(truncatingIfNeeded: stored[part].count)
        page.pointee.flags = 0
        dead += stored[part].count
      }
      if run == 1 { openPage = number }
      number += run
    }
  }

  /// A piece of a restored page is in use.
  mutating func countLive(_ length: Int, alignment: Int) {
    let length = (length + alignment - 1) & ~(alignment - 1)
    live += length
    dead -= length
  }

  mutating func free(memory: StateMemory) {
    for number in 0..<list.count where list.pages[number].run > 0 {
      memory.give(list.pages[number].base, Int(list.pages[number].run) * StateMemory.pageBytes)
    }
    list.free(memory: memory)
  }
}
