import Foundation
import StreamEngine
import Testing

/// The bounds that the papers promise.
@Suite("Sketches")
struct SketchTests {
  /// A shape of values.
  enum Distribution: String, CaseIterable, Sendable {
    case uniform, lognormal, heavyTail, negative, mixedSigns, mostlyZero, narrow, manyMagnitudes

    func value(_ random: inout SeededGenerator) -> Double {
      let unit = Double.random(in: 0x1p-53..<1, using: &random)
      let other = Double.random(in: 0..<1, using: &random)
      // Box and Muller 1958.
      let normal = (-2 * log(unit)).squareRoot() * cos(2 * .pi * other)
      return switch self {
      case .uniform: unit * 1_000
      case .lognormal: exp(2 * normal + 3)
      case .heavyTail: pow(unit, -1.5)
      case .negative: -exp(normal)
      case .mixedSigns: normal * 50
      case .mostlyZero: other < 0.7 ? 0 : normal
      case .narrow: 1_000_000 + normal
      case .manyMagnitudes: pow(10, unit * 12 - 6) * (other < 0.5 ? -1 : 1)
      }
    }
  }

  /// Masson, Rim, Lee: DDSketch, A fast and fully-mergeable quantile sketch with relative-error guarantees, VLDB 2019: every quantile
  /// is within a relative alpha of the exact lower one, here 1 %.
  @Test("every percentile is within 1 % of the exact one", arguments: Distribution.allCases, [1, 2, 100, 20_000])
  func percentiles(_ distribution: Distribution, _ count: Int) throws {
    var random = SeededGenerator(state: UInt64(count))
    let values = (0..<count).map { _ in distribution.value(&random) }
    let sorted = values.sorted()
    let plans = [0.1, 1, 5, 25, 50, 75, 90, 95, 99, 99.9, 99.99].map { percentile in
      var plan = AggregationPlan(function: .percentile, field: 0)
      plan.percentile = percentile
      return plan
    }
    let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 1), inputs: 1)
    let batch = PlainBatch()
    _ = try batch.run(executor, count: count, now: 0) { (1, .double(values[$0])) }
    let results = try batch.run(executor, count: 1, now: 1_000) { _ in (100, .missing) }
    try #require(results.count == 1)
    for (plan, cell) in zip(plans, results[0].cells) {
      let wanted = WantedCell.quantile(Figures.quantile(sorted, plan.percentile))
      #expect(wanted.accepts(cell), "p\(plan.percentile) of \(count): \(cell), wanted \(wanted)")
    }
  }

  /// Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, AofA 2007: the standard error is 1.04 / sqrt(m), with 4,096 registers 1.6 %.
  /// Five of them here.
  @Test(
    "distinct is within five standard errors of the exact count, and exact up to 256",
    arguments: [10, 255, 256, 257, 1_000, 5_000, 10_000, 20_000, 100_000, 1_000_000])
  func distinct(_ count: Int) throws {
    let plans = [AggregationPlan(function: .distinct, field: 0)]
    let batch = PlainBatch()
    let kinds: [(String, (Int) -> TestCell)] = [
      ("ascending integers", { .int(Int64($0)) }),
      ("random bits", { number in
        var random = SeededGenerator(state: UInt64(number))
        return .int(Int64(bitPattern: random.next()))
      }),
      ("fractions", { .double(Double($0) / 1_024 + 0.5) }),
    ]
    for (name, cell) in kinds.prefix(count > 100_000 ? 1 : 3) {
      let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 1), inputs: 1)
      _ = try batch.run(executor, count: count, now: 0) { (1, cell($0)) }
      // Again, which changes nothing.
      _ = try batch.run(executor, count: min(count, 1_000), now: 0) { (1, cell($0)) }
      let results = try batch.run(executor, count: 1, now: 1_000) { _ in (100, .missing) }
      try #require(results.count == 1)
      #expect(WantedCell.distinct(count).accepts(results[0].cells[0]), "\(name): \(results[0].cells[0]) of \(count)")
    }
  }

  @Test("texts are estimated as well as numbers", arguments: [256, 1_000, 30_000])
  func distinctTexts(_ count: Int) throws {
    let executor = ShardExecutor(
      configuration: .small(aggregations: [AggregationPlan(function: .distinct, field: 0)], fields: 1), inputs: 1)
    for first in stride(from: 0, to: count, by: 5_000) {
      _ = try executor.runBatch((first..<min(count, first + 5_000)).map { TestRecord(1, "k", .text("user-\($0)")) }, now: 0)
    }
    let results = try Array(executor.runBatch([TestRecord(100)], now: 1_000).joined())
    #expect(WantedCell.distinct(count).accepts(results[0].cells[0]), "\(results[0].cells[0]) of \(count)")
  }

  @Test("the error of distinct has the size that was promised: half of all estimates are above, and two thirds within one standard error")
  func spreadOfDistinct() throws {
    let plans = [AggregationPlan(function: .distinct, field: 0)]
    var errors: [Double] = []
    for round in 0..<60 {
      let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 1), inputs: 1)
      let batch = PlainBatch()
      let count = 4_000 + round * 100
      _ = try batch.run(executor, count: count, now: 0) { (1, .int(Int64(round * 1_000_000 + $0))) }
      let results = try batch.run(executor, count: 1, now: 1_000) { _ in (100, .missing) }
      errors.append((results[0].cells[0].number ?? 0) / Double(count) - 1)
    }
    // Binomial: 30 +- 4 and 41 +- 4; five deviations are allowed.
    #expect((10...50).contains(errors.count { $0 > 0 }))
    #expect(errors.count { abs($0) <= 1.04 / 64 } >= 21)
    let square = errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)
    #expect(square.squareRoot() < 1.5 * 1.04 / 64)
  }

  @Test("memory of sketches is bounded: more values of a window take no more")
  func bounded() throws {
    let plans = [AggregationPlan(function: .percentile, field: 0), AggregationPlan(function: .distinct, field: 0)]
    let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 1), inputs: 1)
    let batch = PlainBatch()
    var random = SeededGenerator(state: 5)
    func value(_: Int) -> (Int64, TestCell) { (1, .double(Distribution.manyMagnitudes.value(&random))) }
    _ = try batch.run(executor, count: 50_000, now: 0, value)
    let before = executor.stateBytes
    _ = try batch.run(executor, count: 100_000, now: 0, value)
    #expect(executor.stateBytes <= before + 16_384)
    #expect(before < 500_000)
  }
}
