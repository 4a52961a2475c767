import Glibc

extension ShardExecutor {
  /// An executor that goes on from a stored state: a full snapshot, or one with all deltas applied to it, under the same
  /// `stateLayout`. Everything in it is checked, since it comes from disk. State beyond the configured limits is taken in.
  package convenience init(configuration: ExecutorConfiguration, restoring state: ShardState) throws(StateDamaged) {
    self.init(configuration: configuration, inputs: state.inputs.count)
    memory.limited = false
    defer { memory.limited = true }
    guard state.isFull else { throw StateDamaged(message: "the state is a delta, not a whole") }
    clock.restore(
      watermark: state.watermark, times: state.inputs, allIdleSince: state.allIdleSince,
      allIdleWatermark: state.allIdleWatermark)
    let pages = try PagesOfSlices(state)
    var previous: Int64?
    for stored in state.slices {
      guard previous.map({ $0 < stored.start }) ?? true else {
        throw StateDamaged(message: "slices are out of order at start \(stored.start)")
      }
      previous = stored.start
      try restore(stored, watermark: state.watermark, pages)
    }
    settle()
  }

  private func restore(_ stored: SliceState, watermark: Int64?, _ pages: PagesOfSlices) throws(StateDamaged) {
    func damaged(_ what: String) -> StateDamaged {
      StateDamaged(message: "slice \(stored.start): \(what)")
    }
    let end = window.end(fromStart: stored.start)
    guard window.start(of: stored.start) == stored.start else {
      throw damaged("its start is not the start of a window")
    }
    guard stored.fired == (watermark.map { end <= $0 } ?? false) else {
      throw damaged("fired is \(stored.fired), which its end \(end) and the watermark contradict")
    }
    let revisions = stored.fired ? 0...(Int(UInt32.max) + 1) : 0...0
    guard revisions.contains(stored.largestRevision) else { throw damaged("largest revision \(stored.largestRevision)") }
    guard stored.firstOffsets.count == inputs else {
      throw damaged("\(stored.firstOffsets.count) first offsets for \(inputs) inputs")
    }
    guard stored.firstOffsets.allSatisfy({ $0 >= 0 }) else { throw damaged("a first offset is negative") }
    let rowPages = pages.of(stored.start, .rows)
    let keyPages = pages.of(stored.start, .keys)
    try checkRowPages(rowPages, rowCount: stored.rowCount, damaged)
    let runs = try keyRuns(rowPages, keyPages, stored, damaged)
    do {
      let slice = try Slice.make(
        start: stored.start, end: end, expiry: saturatingSum(end, allowedLateness), fired: stored.fired, inputs: inputs,
        memory: memory)
      // From here on the list owns the slice, so that an error frees it with the executor.
      slices.insert(slice)
      slice.pointee.largestRevision = stored.largestRevision
      slice.pointee.stored = true
      for (input, offset) in stored.firstOffsets.enumerated() { slice.pointee.firstOffsets[input] = offset }
      try copyRowPages(rowPages, to: slice)
      try copyKeyPages(keyPages, runs, to: slice)
      try enterRows(slice, count: stored.rowCount, damaged)
    } catch let error as StateDamaged {
      throw error
    } catch {
      throw damaged("no room for it")
    }
  }

  /// Every page there, each with the rows it must hold.
  private func checkRowPages(_ pages: [ArraySlice<UInt8>], rowCount: Int, _ damaged: (String) -> StateDamaged)
    throws(StateDamaged)
  {
    guard rowCount >= 0, rowCount < Int(UInt32.max) else { throw damaged("\(rowCount) rows") }
    let (fullPages, rest) = rowCount.quotientAndRemainder(dividingBy: layout.rowsPerPage)
    guard pages.count == fullPages + (rest > 0 ? 1 : 0) else {
      throw damaged("\(pages.count) pages of rows for \(rowCount) rows")
    }
    for (number, page) in pages.enumerated() {
      let bytes = (number < fullPages ? layout.rowsPerPage : rest) * layout.width
      guard page.count == bytes else { throw damaged("page of rows \(number) has \(page.count) bytes, not \(bytes)") }
    }
  }

  /// Checks the header and kinds of every row. Returns, for each page of keys, how many pages its block has: 1, or more for the
  /// first page of a key longer than a page, and 0 for the others of such a block.
  private func keyRuns(
    _ rowPages: [ArraySlice<UInt8>], _ keyPages: [ArraySlice<UInt8>], _ stored: SliceState, _ damaged: (String) -> StateDamaged
  ) throws(StateDamaged) -> [Int] {
    let pageBytes = StateMemory.pageBytes
    guard keyPages.allSatisfy({ $0.count <= pageBytes }) else { throw damaged("a page of keys is too long") }
    var runs = [Int](repeating: 1, count: keyPages.count)
    var inRun = [Bool](repeating: false, count: keyPages.count)
    var hasShortKey = inRun
    var keyBytes = 0
    for page in rowPages {
      var position = page.startIndex
      while position < page.endIndex {
        let row = page[position..<(position + layout.width)]
        position += layout.width
        let header = RowHeader(row)
        try check(header, row, stored, damaged)
        keyBytes += header.keyLength
        guard header.keyLength > 0 else { continue }
        guard header.keyPage < keyPages.count else { throw damaged("a key lies on page \(header.keyPage), which is missing") }
        if header.keyLength <= pageBytes {
          guard header.keyOffset + header.keyLength <= keyPages[header.keyPage].count else {
            throw damaged("a key ends behind its page \(header.keyPage)")
          }
          hasShortKey[header.keyPage] = true
          continue
        }
        let run = (header.keyLength + pageBytes - 1) / pageBytes
        guard header.keyOffset == 0, run <= keyPages.count - header.keyPage else {
          throw damaged("a key of \(header.keyLength) bytes does not fit its pages")
        }
        for number in 0..<run {
          let bytes = number < run - 1 ? pageBytes : header.keyLength - number * pageBytes
          guard !inRun[header.keyPage + number], keyPages[header.keyPage + number].count == bytes else {
            throw damaged("the pages of a key of \(header.keyLength) bytes do not fit it")
          }
          inRun[header.keyPage + number] = true
          runs[header.keyPage + number] = number == 0 ? run : 0
        }
      }
    }
    guard !zip(inRun, hasShortKey).contains(where: { $0 && $1 }) else { throw damaged("two keys share a page that one needs") }
    guard keyBytes == stored.keyBytes else { throw damaged("\(keyBytes) bytes of keys, not \(stored.keyBytes)") }
    return runs
  }

  private func check(
    _ header: RowHeader, _ row: ArraySlice<UInt8>, _ stored: SliceState, _ damaged: (String) -> StateDamaged
  ) throws(StateDamaged) {
    guard header.keyLength <= Int(Int32.max) else { throw damaged("a key of \(header.keyLength) bytes") }
    let fresh = header.flags & RowLayout.new != 0
    guard header.flags & ~(RowLayout.changed | RowLayout.new) == 0, stored.fired || header.flags == 0,
      !fresh || (header.flags & RowLayout.changed != 0 && header.revision == 0)
    else { throw damaged("a row has flags \(header.flags)") }
    guard header.revision == 0 || header.revision < stored.largestRevision else {
      throw damaged("a row has revision \(header.revision + 1), beyond the largest, \(stored.largestRevision)")
    }
    for offset in layout.kindsOffsets {
      let kinds = row.dropFirst(offset).prefix(3)
      guard kinds.prefix(2).allSatisfy({ $0 <= CellKind.double }),
        kinds.dropFirst(2).allSatisfy({ $0 <= RowLayout.summedIntegers | RowLayout.summedDoubles })
      else { throw damaged("a row has unknown kinds of numbers") }
    }
  }

  private func copyRowPages(_ pages: [ArraySlice<UInt8>], to slice: SlicePointer) throws(StateLimitExceeded) {
    try slice.pointee.rowPages.grow(by: pages.count, memory: memory)
    for bytes in pages {
      var page = try memory.takeRowPage()
      bytes.withUnsafeBytes { page.base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(page.base), byteCount: $0.count) }
      page.used = Int32(truncatingIfNeeded: bytes.count)
      page.flags = 0
      slice.pointee.rowPages.append(page)
    }
  }

  private func copyKeyPages(_ pages: [ArraySlice<UInt8>], _ runs: [Int], to slice: SlicePointer) throws(StateLimitExceeded) {
    try slice.pointee.keyPages.grow(by: pages.count, memory: memory)
    var number = 0
    while number < pages.count {
      let run = max(1, runs[number])
      let base = try memory.takeKeyPages(run: run)
      appendKeyPages(slice, base, run: run, bytes: run * StateMemory.pageBytes)
      for part in number..<(number + run) {
        let page = slice.pointee.keyPages.pages + part
        pages[part].withUnsafeBytes {
          page.pointee.base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(page.pointee.base), byteCount: $0.count)
        }
        page.pointee.used = Int32(truncatingIfNeeded: pages[part].count)
        page.pointee.flags = 0
      }
      if run == 1 { slice.pointee.openKeyPage = number }
      number += run
    }
  }

  /// Builds the table. A key that stands there twice would split its figures.
  private func enterRows(_ slice: SlicePointer, count: Int, _ damaged: (String) -> StateDamaged) throws {
    for number in 0..<count {
      try makeTableRoom(slice, memory)
      let row = slice.pointee.row(number, rows)
      let length = Int(row.load(fromByteOffset: RowLayout.keyLength, as: UInt32.self))
      let key = slice.pointee.key(ofRow: row)
      slice.pointee.keyBytes += length
      let hash = hashKey(key, length, secret)
      guard findRow(slice, hash, key, length, rows) == nil else { throw damaged("a key stands there twice") }
      enterRow(slice, hash, number)
      if row.load(fromByteOffset: RowLayout.flags, as: UInt16.self) != 0 {
        slice.pointee.rowPages.pages[number >> rows.shift].flags |= Page.changed
        slice.pointee.hasChanges = true
      }
    }
  }
}

/// The header of a stored row, as integers that cannot overflow what is done with them.
private struct RowHeader {
  let keyPage: Int
  let keyOffset: Int
  let flags: UInt16
  let keyLength: Int
  let revision: Int

  /// `row` has at least `RowLayout.headerBytes`.
  init(_ row: ArraySlice<UInt8>) {
    (keyPage, keyOffset, flags, keyLength, revision) = row.withUnsafeBytes { bytes in
      (
        Int(bytes.loadUnaligned(fromByteOffset: RowLayout.keyPage, as: UInt32.self)),
        Int(bytes.loadUnaligned(fromByteOffset: RowLayout.keyOffset, as: UInt16.self)),
        bytes.loadUnaligned(fromByteOffset: RowLayout.flags, as: UInt16.self),
        Int(bytes.loadUnaligned(fromByteOffset: RowLayout.keyLength, as: UInt32.self)),
        Int(bytes.loadUnaligned(fromByteOffset: RowLayout.revision, as: UInt32.self))
      )
    }
  }
}
