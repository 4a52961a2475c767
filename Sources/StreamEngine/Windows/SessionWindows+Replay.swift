/// Sessions that are put together again from the log. While that lasts none ends, since later records may join them; then event time
/// comes back, and with it which of them had fired and which were let go.
///
/// Exact as long as every record was less than the lateness behind the watermark: one that was dropped, or came when the session before
/// it was gone, joins in now.
extension SessionWindows {
  func beginReplay(watermark: Int64?) { isReplaying = true }

  func endReplay(watermark: Int64?, largestRevision: Int) {
    isReplaying = false
    noteRestored(revision: largestRevision)
    let watermark = watermark ?? Int64.min
    self.watermark = watermark
    for number in 0..<table.pointee.rowCount {
      let row = table.pointee.row(number, rows)
      guard row.rowFlags & RowFlags.used != 0 else { continue }
      let end = end(row)
      if saturatingSum(end, lateness) <= watermark {
        detach(number)
        giveUp(number)
        continue
      }
      // What it was before its last records came may have come out, and must be retracted if it becomes part of another.
      if saturatingSum(row.sessionStart, gap) <= watermark || emitsEarly {
        row.rowFlags |= RowFlags.emitted
        row.rowRevision = UInt32(clamping: largestRevision)
      }
      table.pointee.markDirty(number, rows)
      guard end <= watermark else { continue }
      row.rowFlags |= RowFlags.fired
      row.rowFlags &= ~(RowFlags.late | RowFlags.early)
      firedCount += 1
      timers.set(number, due: saturatingSum(end, lateness))
    }
  }

  func watermarkWhenGone(through time: Int64) -> Int64 { saturatingSum(saturatingSum(time, gap), lateness) }
}
