/// Which partitions are read too far ahead of others. Pure: it is told where they stand and answers with what to do.
///
/// A partition further than `limit` (ms of event time) ahead of the slowest one that has unread records, or whose end is unknown, is
/// paused until half of that is made up: a long backlog would otherwise open every window at once. The slowest is never paused.
struct DriftControl: Equatable {
  struct Partition: Equatable {
    /// nil: minus infinity, no record yet.
    var watermark: Int64?
    /// nil: the end is unknown.
    var hasUnread: Bool?
  }

  struct Change: Equatable {
    /// Indices of partitions.
    var pause: [Int] = []
    var resume: [Int] = []
  }

  let limit: Int64
  /// Indices of partitions.
  private(set) var paused: Set<Int> = []

  init(limit: Int64) {
    self.limit = max(0, limit)
  }

  /// Takes note of what it answers, so the caller must do it.
  mutating func decide(_ partitions: [Partition]) -> Change {
    // A paused partition waits for the others, they do not wait for it: it has unread records, and yet it is ahead.
    let held = partitions.indices.filter { partitions[$0].hasUnread != false }
    var change = Change()
    let slowest = held.min { Self.isBefore(partitions[$0].watermark, partitions[$1].watermark) }
    for index in partitions.indices {
      let ahead = slowest.map { Self.distance(partitions[index].watermark, partitions[$0].watermark) } ?? 0
      if paused.contains(index) {
        if index == slowest || ahead <= limit / 2 { change.resume.append(index) }
      } else if index != slowest, ahead > limit {
        change.pause.append(index)
      }
    }
    paused.formUnion(change.pause)
    paused.subtract(change.resume)
    return change
  }

  /// The client forgot what was paused: partitions were assigned anew.
  mutating func forget() { paused = [] }

  private static func isBefore(_ a: Int64?, _ b: Int64?) -> Bool {
    guard let b else { return false }
    return a.map { $0 < b } ?? true
  }

  private static func distance(_ a: Int64?, _ b: Int64?) -> Int64 {
    guard let a else { return 0 }
    guard let b else { return .max }
    let (distance, overflow) = a.subtractingReportingOverflow(b)
    return overflow ? (a > b ? .max : 0) : max(0, distance)
  }
}
