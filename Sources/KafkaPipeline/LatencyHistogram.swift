import KafkaClient

/// How long results took, over lanes, attempts or a stretch of time.
package struct LatencyHistogram: Sendable, Equatable {
  private var buckets: LatencyBuckets

  init(_ buckets: LatencyBuckets = LatencyBuckets()) { self.buckets = buckets }

  package var count: Int64 { buckets.counts.reduce(0, +) }
  /// Of all values, ms.
  package var sum: Int64 { buckets.sum }
  package var largest: Int64 { buckets.largest }

  mutating func add(_ other: LatencyHistogram) {
    if other.buckets.counts.isEmpty { return }
    if buckets.counts.isEmpty { return self = other }
    for index in buckets.counts.indices { buckets.counts[index] += other.buckets.counts[index] }
    buckets.sum = buckets.sum.addingReportingOverflow(other.buckets.sum).partialValue
    buckets.largest = max(buckets.largest, other.buckets.largest)
  }

  /// What came since `earlier`, which is this one as it stood before. The largest value is known only up to its bucket then.
  package func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
    if earlier.buckets.counts.isEmpty || buckets.counts.isEmpty { return self }
    var rest = LatencyBuckets()
    rest.counts = zip(buckets.counts, earlier.buckets.counts).map { max(0, $0 - $1) }
    rest.sum = max(0, sum - earlier.sum)
    if let last = rest.counts.lastIndex(where: { $0 > 0 }) { rest.largest = min(largest, LatencyBuckets.upperBound(of: last)) }
    return LatencyHistogram(rest)
  }

  /// The value that this share of all is at or below, up to the width of a bucket; nil without values.
  package func quantile(_ share: Double) -> Int64? {
    let count = count
    guard count > 0 else { return nil }
    let wanted = max(1, Int64((Double(count) * min(max(share, 0), 1)).rounded(.up)))
    var seen: Int64 = 0
    for (index, number) in buckets.counts.enumerated() {
      seen += number
      if seen >= wanted { return min(largest, LatencyBuckets.upperBound(of: index)) }
    }
    return largest
  }

  /// How many took at most `ms`, for the bounds that a dashboard wants.
  package func countAtMost(_ ms: Int64) -> Int64 {
    var seen: Int64 = 0
    for (index, number) in buckets.counts.enumerated() where LatencyBuckets.upperBound(of: index) <= ms { seen += number }
    return seen
  }
}
