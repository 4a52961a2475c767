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
      drain(into: &results)
    }
  }

  package func endBatch(into results: inout [WindowResult]) {
    executor.endBatch()
    drain(into: &results)
  }

  package func markIdle(_ input: Int, now: Int64, into results: inout [WindowResult]) {
    executor.markIdle(input, now: now)
    drain(into: &results)
  }

  package func setWatermark(_ time: EventTime, input: Int?, into results: inout [WindowResult]) {
    executor.setWatermark(time.milliseconds, input: input)
    drain(into: &results)
  }

  /// What goes by the wall clock: event time while all inputs are idle, the age of count windows, early results.
  package func advance(now: Int64, into results: inout [WindowResult]) {
    executor.advance(now: now)
    drain(into: &results)
    guard let interval = executor.configuration.earlyInterval else { return }
    if let due = earlyAt {
      guard now >= due else { return }
      executor.emitEarly(now: now)
      drain(into: &results)
    }
    earlyAt = saturatingSum(now, interval)
  }

  /// When the next early results are due; nil if never.
  package var nextEarly: Int64? { executor.configuration.earlyInterval == nil ? nil : earlyAt }

  private func drain(into results: inout [WindowResult]) {
    while executor.hasPendingResults {
      batch.removeAll()
      executor.drainResults(into: batch)
      for index in 0..<batch.count { results.append(WindowResult(batch, index, names: names)) }
    }
  }
}
