/// How long things took, in ms: counts in buckets that are at most an eighth wide, as in HdrHistogram. 16 buckets of 1 ms, then 8 for each
/// doubling up to 24 days; what is longer counts there, what is negative (a clock set back) as 0.
package struct LatencyBuckets: Sendable, Equatable {
  private static let exact = 16
  private static let perDoubling = 8
  private static let doublings = 27

  /// Empty until the first value.
  package var counts: [Int64] = []
  /// Of all values, ms.
  package var sum: Int64 = 0
  package var largest: Int64 = 0

  package init() {}

  mutating func record(_ ms: Int64) {
    if counts.isEmpty { counts = [Int64](repeating: 0, count: Self.exact + Self.perDoubling * Self.doublings) }
    let value = max(0, ms)
    counts[min(Self.bucket(of: value), counts.count - 1)] += 1
    sum = sum.addingReportingOverflow(value).partialValue
    largest = max(largest, value)
  }

  private static func bucket(of value: Int64) -> Int {
    if value < Int64(exact) { return Int(value) }
    let exponent = 63 - value.leadingZeroBitCount
    return exact + (exponent - 4) * perDoubling + Int((value >> Int64(exponent - 3)) & 7)
  }

  /// The largest value of that bucket.
  package static func upperBound(of index: Int) -> Int64 {
    if index < exact { return Int64(index) }
    let (doubling, part) = ((index - exact) / perDoubling, (index - exact) % perDoubling)
    let width = Int64(1) << Int64(doubling + 1)
    return (Int64(16) << Int64(doubling)) + Int64(part + 1) * width - 1
  }
}
