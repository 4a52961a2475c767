/// Windows that are filled again from the log. Those that end up to the watermark count as fired from the start, so nothing pends and
/// no row counts as late; whatever has been let go is passed over as ever. The order of records makes no difference.
extension SlicedWindows {
  func beginReplay(watermark: Int64?) {
    isReplaying = true
    settled = watermark
    target = watermark
    findNextEvent()
  }

  func endReplay(watermark: Int64?, largestRevision: Int) {
    isReplaying = false
    guard largestRevision > 0 else { return }
    let earlyThrough = emitsEarly ? slices.map(\.pointee.lastEnd).max() : nil
    floor = RevisionFloor(
      revision: largestRevision, firedThrough: watermark ?? .min, earlyThrough: earlyThrough ?? .min)
  }

  func watermarkWhenGone(through time: Int64) -> Int64 { saturatingSum(grid.lastEnd(time), lateness) }

  /// The revision of keys without a mark, before their first one.
  func baseRevision(ofEnd end: Int64) -> UInt32 { floor?.base(ofEnd: end) ?? 0 }

  /// Once the windows are gone whose revisions are not known one by one.
  func forgetOldFloor() {
    if let floor, !isKept(floor.earlyThrough) { self.floor = nil }
  }
}
