/// How often each thing happened over many runs.
struct SimCoverage {
  private(set) var counts: [String: Int] = [:]

  mutating func count(_ what: String) { counts[what, default: 0] += 1 }

  mutating func add(_ other: SimCoverage) { counts.merge(other.counts, uniquingKeysWith: +) }
}
