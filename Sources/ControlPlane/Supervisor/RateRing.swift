/// The last minute of a pipeline's counters, one sample a second, for rates.
struct RateRing: Sendable {
  struct Sample: Sendable {
    /// Steady ms.
    var at: Int64
    var consumed: Int64
    var produced: Int64
  }

  static let capacity = 64
  private static let stepMs: Int64 = 1_000

  private var samples: [Sample] = []
  /// Index of the oldest once the ring is full.
  private var next = 0

  mutating func add(_ sample: Sample) {
    if let last = newest, sample.at - last.at < Self.stepMs { return }
    if samples.count < Self.capacity {
      samples.append(sample)
    } else {
      samples[next] = sample
      next = (next + 1) % Self.capacity
    }
  }

  private var newest: Sample? {
    samples.isEmpty ? nil : samples[(next + samples.count - 1) % samples.count]
  }

  /// Per second over the last `windowMs` up to `current`; nil before there are two samples.
  func rate(overMs windowMs: Int64, to current: Sample) -> (consumed: Double, produced: Double)? {
    // The oldest sample inside the window (with half a step of slack, since ticks are not exact).
    let from = current.at - windowMs - Self.stepMs / 2
    guard let start = samples.filter({ $0.at >= from }).min(by: { $0.at < $1.at }), current.at > start.at else { return nil }
    let seconds = Double(current.at - start.at) / 1_000
    return (
      Double(max(0, current.consumed &- start.consumed)) / seconds, Double(max(0, current.produced &- start.produced)) / seconds
    )
  }
}
