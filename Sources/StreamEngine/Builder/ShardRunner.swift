/// Runs a `ShardExecutor` by hand, results as values: what programs without a lane, and tests, do with it.
package final class ShardRunner {
  package let executor: ShardExecutor
  private let names: [String]
  private let batch: ResultBatch
  /// Wall clock (ms) at which early results are due; nil until the first `advance`.
  private var earlyAt: Int64?
  private static let resultsPerPass = 1_000

  package init(_ executor: ShardExecutor, names: [String]) {
    self.executor = executor
    self.names = names
    batch = ResultBatch(capacity: Self.resultsPerPass, aggregationCount: names.count)
  }

  /// Records `range` of a batch; `now` is the wall clock, ms.
  package func process(
    _ columns: RecordColumns, _ range: Range<Int>, now: Int64, into results: inout [WindowResult]
  ) throws(StateLimitExceeded) {
    var next = range.lowerBound
    while next < range.upperBound {
      next = try executor.process(columns, from: next, to: range.upperBound, now: now)
      try drain(into: &results)
    }
  }

  package func endBatch(into results: inout [WindowResult]) throws(StateLimitExceeded) {
    executor.endBatch()
    try drain(into: &results)
  }

  package func markIdle(_ input: Int, now: Int64, into results: inout [WindowResult]) throws(StateLimitExceeded) {
    executor.markIdle(input, now: now)
    try drain(into: &results)
  }

  package func markActive(_ inputs: [Int], into results: inout [WindowResult]) throws(StateLimitExceeded) {
    executor.markActive(inputs)
    try drain(into: &results)
  }

  package func setWatermark(_ time: EventTime, input: Int?, into results: inout [WindowResult]) throws(StateLimitExceeded) {
    executor.setWatermark(time.milliseconds, input: input)
    try drain(into: &results)
  }

  /// What goes by the wall clock: event time while all inputs are idle, the age of count windows, early results.
  package func advance(now: Int64, into results: inout [WindowResult]) throws(StateLimitExceeded) {
    executor.advance(now: now)
    try drain(into: &results)
    guard let interval = executor.configuration.earlyInterval else { return }
    if let due = earlyAt {
      guard now >= due else { return }
      executor.emitEarly(now: now)
      try drain(into: &results)
    }
    earlyAt = saturatingSum(now, interval)
  }

  /// When the next early results are due; nil if never.
  package var nextEarly: Int64? { executor.configuration.earlyInterval == nil ? nil : earlyAt }

  private func drain(into results: inout [WindowResult]) throws(StateLimitExceeded) {
    while executor.hasPendingResults {
      batch.removeAll()
      try executor.drainResults(into: batch)
      for index in 0..<batch.count { results.append(WindowResult(batch, index, names: names)) }
    }
  }
}
