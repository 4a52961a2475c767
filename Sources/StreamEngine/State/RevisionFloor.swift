/// What is known of revisions that went out before windows were read again from the log: none was larger. Kept until the windows
/// that it can be about are gone.
package struct RevisionFloor: Sendable, Equatable {
  package var revision: Int
  /// Windows that end up to here had fired.
  package var firedThrough: Int64
  /// Later ones, up to here, may have come out early.
  package var earlyThrough: Int64

  package init(revision: Int, firedThrough: Int64, earlyThrough: Int64) {
    self.revision = revision
    self.firedThrough = firedThrough
    self.earlyThrough = max(firedThrough, earlyThrough)
  }

  /// The largest revision that may have gone out: a window that came out early fires above it, and no mark tells.
  var largest: Int { earlyThrough > firedThrough ? revision + 1 : revision }

  /// What counts as the revision before the first one of a key, such that one that came out goes on above all that went out.
  func base(ofEnd end: Int64) -> UInt32 {
    let whole = UInt32(clamping: max(0, revision))
    // A key of a window that had fired counts as emitted once more.
    if end <= firedThrough { return whole == 0 ? 0 : whole - 1 }
    return end <= earlyThrough ? whole : 0
  }
}
