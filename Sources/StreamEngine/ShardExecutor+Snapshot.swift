extension ShardExecutor {
  /// A copy of the state: of all pages (`full`), or of those that changed since the last snapshot or since the state was restored.
  /// Clears the marks, so a snapshot that cannot be stored must be followed by a full one.
  ///
  /// Legal only while nothing is pending: a window whose results are half out has no place in a checkpoint.
  package func snapshot(full: Bool) -> ShardState {
    precondition(!hasPendingResults)
    slices.removeExpired(watermark: clock.watermark, memory: memory)
    var state = ShardState(
      watermark: watermark, allIdleSince: clock.allIdleSince, allIdleWatermark: clock.allIdleWatermark,
      inputs: (0..<inputs).map { inputTime($0) }, slices: [], pages: [], removedSlices: full ? [] : slices.removed,
      isFull: full)
    slices.forgetRemoved()
    for slice in slices.slices {
      state.slices.append(
        SliceState(
          start: slice.pointee.start, rowCount: slice.pointee.rowCount, keyBytes: slice.pointee.keyBytes,
          fired: slice.pointee.fired, largestRevision: slice.pointee.largestRevision,
          firstOffsets: Array(UnsafeBufferPointer(start: slice.pointee.firstOffsets, count: inputs))))
      copyPages(slice.pointee.rowPages, .rows, of: slice, all: full, to: &state)
      copyPages(slice.pointee.keyPages, .keys, of: slice, all: full, to: &state)
      slice.pointee.stored = true
    }
    return state
  }

  private func copyPages(_ list: PageList, _ kind: StatePage.Kind, of slice: SlicePointer, all: Bool, to state: inout ShardState) {
    for number in 0..<list.count {
      let page = list.pages + number
      guard all || page.pointee.flags & Page.dirty != 0 else { continue }
      page.pointee.flags &= ~Page.dirty
      state.pages.append(
        StatePage(
          sliceStart: slice.pointee.start, kind: kind, number: number,
          bytes: Array(UnsafeRawBufferPointer(start: page.pointee.base, count: Int(page.pointee.used)))))
    }
  }
}
