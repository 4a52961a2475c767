import StreamEngine

/// Which partitions are read too far ahead of others. Pure: it is told where they stand and answers with what to do.
///
/// A partition further than `limit` (ms of event time) ahead of the slowest one that has unread records, or whose end is unknown, is
/// paused until half of that is made up: a long backlog would otherwise open every window at once. The slowest is never paused.
///
/// A pause costs what was fetched already, and the client takes up to a second to fetch again. Where one fetch brings more event time
/// than the limit, as of a topic with few records, pausing would go on all the time (measured with 10 records a second and partition:
/// a fifth of the rate). So the automatic limit has some slack: a partition is paused only once it has brought `slackRecords` beyond
/// the limit, which bounds what they add to the state, or is `slackMs` beyond it, which bounds the windows.
struct DriftControl: Equatable {
  struct Partition: Equatable {
    /// nil: minus infinity, no record yet.
    var watermark: Int64?
    /// nil: the end is unknown.
    var hasUnread: Bool?
    /// Next offset.
    var position: Int64 = 0
  }

  struct Change: Equatable {
    /// Indices of partitions.
    var pause: [Int] = []
    var resume: [Int] = []
  }

  private static let mostSlackRecords: Int64 = 50_000
  private static let mostSlackWindows: Int64 = 1_000
  private static let windows: Int64 = 10
  private static let leastMs: Int64 = 600_000

  let limit: Int64
  let slackRecords: Int64
  let slackMs: Int64
  /// Indices of partitions.
  private(set) var paused: Set<Int> = []
  /// Positions at which partitions were first seen beyond the limit, by index.
  private var beyondSince: [Int: Int64] = [:]

  init(limit: Int64, slackRecords: Int64 = 0, slackMs: Int64 = 0) {
    self.limit = max(0, limit)
    self.slackRecords = max(0, slackRecords)
    self.slackMs = max(0, slackMs)
  }

  /// `maxDriftMs` nil: ten windows (gaps of sessions), at least ten minutes, with slack.
  init(maxDriftMs: Int64?, window: WindowPlan) {
    if let maxDriftMs {
      self.init(limit: maxDriftMs)
      return
    }
    let length: Int64 =
      switch window {
      case .tumbling(let size, _), .sliding(let size, _, _): size
      case .session(let gap): gap
      case .count: 0
      }
    func times(_ count: Int64) -> Int64 { length.multipliedReportingOverflow(by: count).overflow ? .max : length * count }
    self.init(
      limit: max(Self.leastMs, times(Self.windows)), slackRecords: Self.mostSlackRecords, slackMs: times(Self.mostSlackWindows))
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
        let since = beyondSince[index] ?? partitions[index].position
        beyondSince[index] = since
        if partitions[index].position - since >= slackRecords || ahead - limit > slackMs { change.pause.append(index) }
      } else {
        beyondSince[index] = nil
      }
    }
    for index in change.pause { beyondSince[index] = nil }
    paused.formUnion(change.pause)
    paused.subtract(change.resume)
    return change
  }

  /// The client forgot what was paused: partitions were assigned anew.
  mutating func forget() {
    paused = []
    beyondSince = [:]
  }

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
