/// How long to wait before the next attempt to run, as the daemon does: 1 s doubling to 60 s, less up to a fifth.
enum RetryPause {
  private static let longestMs: Int64 = 60_000
  /// Running so long makes the next failure a first one again.
  static let resetAfterMs: Int64 = 120_000

  /// `failures` in a row, from 1.
  static func ms(afterFailures failures: Int) -> Int64 {
    let whole = min(longestMs, 1_000 << Int64(min(max(failures, 1) - 1, 6)))
    return whole - Int64.random(in: 0...(whole / 5))
  }
}
