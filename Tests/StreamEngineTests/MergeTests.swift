import StreamEngine
import Testing

/// Slices of a sliding window and parts of a session are merged; what comes out must be what one window would have given.
@Suite("Merging")
struct MergeTests {
  static let plans: [AggregationPlan] = {
    var plans = [AggregateFunction.count, .sum, .avg, .min, .max, .stddev, .variance, .percentile].map { AggregationPlan(function: $0, field: 0) }
    plans += [AggregateFunction.distinct, .first, .last].map { AggregationPlan(function: $0, field: 1) }
    plans += [AggregationPlan(function: .count, field: nil), TestAggregation.plan()]
    var population = AggregationPlan(function: .stddev, field: 0)
    population.population = true
    var percentile = AggregationPlan(function: .percentile, field: 0)
    percentile.percentile = 99
    return plans + [population, percentile]
  }()

  /// Records with numbers of many sizes, and more than 256 different texts.
  static func records(_ count: Int, within span: Int64, seed: UInt64) -> [TestRecord] {
    var random = SeededGenerator(state: seed)
    return (0..<count).map { number in
      let cell: TestCell = random.chance(30) ? .int(Int64.random(in: -1_000...1_000, using: &random))
        : random.chance(10) ? .missing : .double(SketchTests.Distribution.lognormal.value(&random))
      var record = TestRecord(
        Int64.random(in: 0..<span, using: &random), "k", cell, .text("\(Int.random(in: 0...2_000, using: &random))"),
        input: number % 2, offset: Int64(number))
      record.event = Int64.random(in: 0...255, using: &random)
      return record
    }
  }

  /// All results once everything has ended. The watermark does not move before.
  private static func results(_ window: WindowPlan, _ records: [TestRecord], restoring: Bool = false) throws -> [TestResult] {
    let configuration = ExecutorConfiguration.of(window, delay: 1_000_000, lateness: 0, skew: 1_000_000, aggregations: plans, fields: 2)
    var executor = ShardExecutor(configuration: configuration, inputs: 2)
    var results: [TestResult] = []
    for first in stride(from: 0, to: records.count, by: 100) {
      results += try executor.runBatch(Array(records[first..<min(records.count, first + 100)]), now: 0).joined()
      if restoring { executor = try ShardExecutor(configuration: configuration, restoring: executor.snapshot(full: true)) }
    }
    for input in 0..<2 { executor.markIdle(input, now: 0) }
    executor.advance(now: 10_000_000)
    return try results + executor.drainAll()
  }

  @Test("a sliding window of slices gives what a tumbling one of the same records gives", arguments: [100, 50, 40, 33, 7])
  func sliding(_ slide: Int64) throws {
    let records = MergeTests.records(1_500, within: 400, seed: 11)
    let got = try MergeTests.results(.sliding(size: 100, slide: slide, offset: 3 % slide), records)
    #expect(got.count >= 4)
    for result in got {
      let one = try MergeTests.results(.tumbling(size: 100, offset: (result.start % 100 + 100) % 100), records)
      let wanted = try #require(one.first { $0.start == result.start })
      #expect(MergeTests.plans.same(result.cells, wanted.cells), "\(result) against \(wanted)")
    }
  }

  @Test("a session gives what one window of its records gives, in whatever order they came", arguments: 0..<6)
  func sessions(_ order: Int) throws {
    var random = SeededGenerator(state: UInt64(order))
    let records = MergeTests.records(1_500, within: 3_000, seed: 12)
    let inOrder = order == 0 ? records.sorted { $0.timestamp < $1.timestamp } : order == 1
      ? records.sorted { $0.timestamp > $1.timestamp } : records.shuffled(using: &random)
    let got = try MergeTests.results(.session(gap: 4), inOrder, restoring: order == 2)
    #expect(got.count >= 20)
    for result in got {
      let within = records.filter { $0.timestamp >= result.start && $0.timestamp <= result.end - 4 }
      let one = try MergeTests.results(.tumbling(size: 1_000_000, offset: 0), within)
      try #require(one.count == 1)
      #expect(MergeTests.plans.same(result.cells, one[0].cells), "\(result) against \(one[0])")
    }
  }

  @Test(
    "restoring at any batch changes no figure",
    arguments: [WindowPlan.sliding(size: 100, slide: 30, offset: 0), .session(gap: 3), .count(70, maxAge: nil)])
  func restored(_ window: WindowPlan) throws {
    let records = MergeTests.records(1_500, within: 1_500, seed: 13)
    let wanted = try MergeTests.results(window, records)
    #expect(wanted.count > 10)
    #expect(try MergeTests.results(window, records, restoring: true).sorted() == wanted.sorted())
  }
}
