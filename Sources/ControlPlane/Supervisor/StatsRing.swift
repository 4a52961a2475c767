import KafkaPipeline

/// The last samples of a pipeline, one every `stepMs`, and its latencies of the last one to two minutes.
struct StatsRing: Sendable {
  static let stepMs: Int64 = 2_000
  /// An hour: 160 KiB for each pipeline that ran so long.
  static let capacity = 1_800
  private static let latencyMs: Int64 = 60_000

  private var samples: [StatsSample] = []
  /// Index of the oldest once the ring is full.
  private var next = 0
  /// Latencies as they stood a minute ago or less, and a minute before that.
  private var latencies: [(at: Int64, sinceFired: LatencyHistogram, sinceEvent: LatencyHistogram)] = []

  mutating func add(_ sample: StatsSample) {
    if let last = newest, sample.steadyAt - last.steadyAt < Self.stepMs { return }
    if samples.count < Self.capacity {
      samples.append(sample)
    } else {
      samples[next] = sample
      next = (next + 1) % Self.capacity
    }
  }

  private var newest: StatsSample? { samples.isEmpty ? nil : samples[(next + samples.count - 1) % samples.count] }

  /// Of the last `windowMs` before `steadyNow`, oldest first.
  func samples(overMs windowMs: Int64, before steadyNow: Int64) -> [StatsSample] {
    (samples[next...] + samples[..<next]).filter { $0.steadyAt > steadyNow - windowMs }
  }

  /// Per second over the last `windowMs` up to `current`; nil before there are two samples.
  func rate(overMs windowMs: Int64, to current: StatsSample) -> (consumed: Double, produced: Double)? {
    // From the newest backwards to the oldest inside the window, with half a step of slack, since ticks are not exact.
    let from = current.steadyAt - windowMs - Self.stepMs / 2
    var start: StatsSample?
    for distance in samples.indices {
      let sample = samples[(next + samples.count - 1 - distance) % samples.count]
      if sample.steadyAt < from { break }
      start = sample
    }
    guard let start, current.steadyAt > start.steadyAt else { return nil }
    let seconds = Double(current.steadyAt - start.steadyAt) / 1_000
    return (
      Double(max(0, current.consumed &- start.consumed)) / seconds, Double(max(0, current.produced &- start.produced)) / seconds
    )
  }

  /// Keeps how the latencies stand, once a minute.
  mutating func note(_ sinceFired: LatencyHistogram, _ sinceEvent: LatencyHistogram, at steadyNow: Int64) {
    if let last = latencies.last, steadyNow - last.at < Self.latencyMs { return }
    latencies.append((steadyNow, sinceFired, sinceEvent))
    if latencies.count > 2 { latencies.removeFirst() }
  }

  /// Of the last one to two minutes.
  func recent(_ sinceFired: LatencyHistogram, _ sinceEvent: LatencyHistogram) -> (sinceFired: LatencyHistogram, sinceEvent: LatencyHistogram) {
    guard let before = latencies.first else { return (sinceFired, sinceEvent) }
    return (sinceFired.since(before.sinceFired), sinceEvent.since(before.sinceEvent))
  }
}
