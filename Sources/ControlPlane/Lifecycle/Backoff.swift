/// How long to wait before the next attempt.
package enum Backoff {
  package static let firstMs: Int64 = 1_000
  package static let longestMs: Int64 = 60_000
  /// Running this long makes the next failure a first one again.
  package static let resetAfterMs: Int64 = 120_000

  /// 1 s doubling to 60 s, less up to a fifth of it, so that pipelines that fell together do not come back together.
  /// `failures` counts from 1; `jitter` is a fraction from 0 up to 1.
  package static func delayMs(failures: Int, jitter: Double) -> Int64 {
    let doublings = min(max(failures, 1) - 1, 6)
    let whole = min(longestMs, firstMs << Int64(doublings))
    return whole - Int64(Double(whole) * 0.2 * min(max(jitter, 0), 1))
  }
}
