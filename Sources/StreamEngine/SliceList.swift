/// The live slices of a shard in order of start, which is also the order of their ends. The fired ones come first.
struct SliceList {
  private(set) var slices: [SlicePointer] = []
  private(set) var firedCount = 0
  /// Slices with results to drain.
  private(set) var pendingCount = 0
  /// The watermark at which a slice fires or is let go; Int64.max for never.
  private(set) var nextEvent = Int64.max
  /// Slices that a snapshot held and that were let go since the last one.
  private(set) var removed: [Int64] = []
  private var drainIndex = 0

  /// Position of the slice with that start, or where it belongs.
  private func position(_ start: Int64) -> Int {
    var low = 0
    var high = slices.count
    while low < high {
      let middle = (low + high) / 2
      if slices[middle].pointee.start < start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func find(_ start: Int64) -> SlicePointer? {
    let position = position(start)
    guard position < slices.count, slices[position].pointee.start == start else { return nil }
    return slices[position]
  }

  mutating func insert(_ slice: SlicePointer) {
    let position = position(slice.pointee.start)
    slices.insert(slice, at: position)
    if slice.pointee.fired { firedCount += 1 }
    if position < drainIndex { drainIndex += 1 }
    findNextEvent()
  }

  /// Fires what the watermark has reached and makes results of slices about to be let go pending. Returns how many fired.
  mutating func settle(watermark: Int64, memory: StateMemory) -> Int {
    var fired = 0
    while firedCount < slices.count, slices[firedCount].pointee.end <= watermark {
      let slice = slices[firedCount]
      slice.pointee.fired = true
      slice.pointee.largestRevision = max(1, slice.pointee.largestRevision)
      markPending(slice, .firing)
      firedCount += 1
      fired += 1
    }
    for slice in slices {
      guard slice.pointee.expiry <= watermark else { break }
      if slice.pointee.hasChanges { markPending(slice, .revision) }
    }
    removeExpired(watermark: watermark, memory: memory)
    return fired
  }

  /// Makes the rows that late records changed pending.
  mutating func reviseChanged() {
    for slice in slices[..<firedCount] where slice.pointee.hasChanges { markPending(slice, .revision) }
  }

  private mutating func markPending(_ slice: SlicePointer, _ pending: Slice.Pending) {
    guard slice.pointee.pending == .nothing else { return }
    slice.pointee.pending = pending
    slice.pointee.drainRow = 0
    pendingCount += 1
    drainIndex = 0
  }

  /// Lets go of slices past their lateness whose results are drained.
  mutating func removeExpired(watermark: Int64, memory: StateMemory) {
    var kept = 0
    var index = 0
    while index < slices.count, slices[index].pointee.expiry <= watermark {
      let slice = slices[index]
      if slice.pointee.pending != .nothing || slice.pointee.hasChanges || !slice.pointee.fired {
        slices[kept] = slice
        kept += 1
      } else {
        if slice.pointee.stored { removed.append(slice.pointee.start) }
        Slice.free(slice, memory: memory)
      }
      index += 1
    }
    slices.removeSubrange(kept..<index)
    firedCount -= index - kept
    if index > kept { drainIndex = 0 }
    findNextEvent()
  }

  /// The first slice with results to drain.
  mutating func firstPending() -> SlicePointer? {
    while drainIndex < firedCount {
      if slices[drainIndex].pointee.pending != .nothing { return slices[drainIndex] }
      drainIndex += 1
    }
    return nil
  }

  /// The slice's results are all out.
  mutating func drained(_ slice: SlicePointer) {
    slice.pointee.pending = .nothing
    slice.pointee.drainRow = 0
    pendingCount -= 1
  }

  mutating func forgetRemoved() {
    removed.removeAll(keepingCapacity: true)
  }

  mutating func freeAll(memory: StateMemory) {
    for slice in slices { Slice.free(slice, memory: memory) }
    slices.removeAll()
  }

  private mutating func findNextEvent() {
    nextEvent = firedCount < slices.count ? slices[firedCount].pointee.end : Int64.max
    if let first = slices.first { nextEvent = min(nextEvent, first.pointee.expiry) }
  }
}
