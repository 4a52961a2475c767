/// What can be said of a pipeline's lanes together, for its health: each is a text for people, nil if it is not so.
/// Times are Unix ms.
extension [LaneStatus] {
  /// So long an open transaction may hold a partition.
  private static let openTransactionMs: Int64 = 10_000
  /// Nothing but bad records is trouble once it lasted so long, with so many of them, until none came for `badRecordsMs`.
  private static let onlyBadMs: Int64 = 10_000
  private static let onlyBadCount: Int64 = 10
  private static let badRecordsMs: Int64 = 60_000
  /// Of the windows that lack records, so many are named.
  private static let gapsNamed = 5
  /// Beyond three checkpoint intervals.
  private static let checkpointSlackMs: Int64 = 10_000

  /// Partitions that stand still since a transaction in them has not ended.
  package func openTransaction(at now: Int64) -> String? {
    let held = flatMap(\.partitions).filter { $0.openTransactionSince.map { now - $0 > Self.openTransactionMs } ?? false }
    guard let first = held.min(by: { ($0.openTransactionSince ?? 0) < ($1.openTransactionSince ?? 0) }), let since = first.openTransactionSince else {
      return nil
    }
    let others = held.count > 1 ? ", and \(held.count - 1) partitions more" : ""
    return "\(first.topic)/\(first.partition) has stood still at offset \(first.position ?? 0) for \(seconds(now - since))\(others): a transaction that "
      + "began there has not ended, and nothing behind it is read before it has. Its producer must commit or abort it, or its transaction.timeout.ms pass."
  }

  /// For a while no record could be decoded.
  package func onlyBadRecords(at now: Int64) -> String? {
    let bad = compactMap(\.bad)
    let count = bad.reduce(Int64(0)) { $0.addingReportingOverflow($1.count).partialValue }
    guard count >= Self.onlyBadCount, let since = bad.map(\.since).min(), let last = bad.map(\.lastAt).max(), now - last <= Self.badRecordsMs else {
      return nil
    }
    // Of all lanes.
    let good = compactMap(\.lastGoodAt).max() ?? .min / 2
    guard now - Swift.max(since, good) > Self.onlyBadMs else { return nil }
    let why = bad.lazy.compactMap(\.reason).first.map { ", the latest as \($0)" } ?? ""
    return "none of the last \(count) records, over \(seconds(now - since)), could be decoded\(why); event.format, event.timestamp and event.key say "
      + "what a record must have"
  }

  /// Windows are being read again from the log.
  package var readingAgain: String? {
    let replays = compactMap(\.replay)
    if replays.isEmpty { return nil }
    let all = ReplayProgress(recordsToGo: replays.reduce(0) { $0 + $1.recordsToGo }, secondsToGo: replays.compactMap(\.secondsToGo).max())
    return "windows are read again from the log: \(all.toGo)"
  }

  /// Windows that are still kept lack records.
  package var recordsGone: String? {
    let gaps = flatMap(\.gaps)
    if gaps.isEmpty { return nil }
    let named = gaps.prefix(Self.gapsNamed).map(\.text).joined(separator: "; ")
    let more = gaps.count > Self.gapsNamed ? " and \(gaps.count - Self.gapsNamed) more" : ""
    return "windows lack records that are gone, so their figures are too small: \(named)\(more)"
  }

  /// Records or results moved, and no checkpoint followed. `since`: from when on the lanes run.
  package func oldCheckpoint(at now: Int64, since: Int64, intervalMs: Int64) -> String? {
    let (tripled, overflow) = intervalMs.multipliedReportingOverflow(by: 3)
    let limit = overflow ? Int64.max : tripled.addingReportingOverflow(Self.checkpointSlackMs).partialValue
    for lane in self {
      // Nothing moved since the last one: there is nothing to write.
      guard let moved = lane.lastProgressAt, moved > lane.lastCheckpointAt ?? 0 else { continue }
      let age = now - Swift.max(lane.lastCheckpointAt ?? since, since)
      if age > limit { return "lane \(lane.index) has had no checkpoint for \(seconds(age)); a restart would read that much again" }
    }
    return nil
  }

  private func seconds(_ ms: Int64) -> String { "\(Swift.max(0, ms) / 1_000) s" }
}
