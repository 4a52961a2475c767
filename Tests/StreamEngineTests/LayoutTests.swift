import StreamEngine
import Testing

/// A state that was stored under other aggregations: what both have goes on, what is new is missing where it has not seen every record.
@Suite("States of other aggregations")
struct LayoutTests {
  private static let columns = ["x", "y", "z"]
  private static let all: [AggregationPlan] =
    [AggregationPlan(function: .count, field: nil), AggregationPlan(function: .rate, field: nil)]
    + [AggregateFunction.count, .sum, .avg, .min, .max, .stddev, .percentile, .distinct, .first, .last].flatMap { function in
      (0..<3).map { AggregationPlan(function: function, field: $0) }
    }

  /// Some of all aggregations over columns in any order.
  private struct Choice {
    var plans: [AggregationPlan]
    /// Number in `columns` of each column.
    var order: [Int]

    init(_ random: inout SeededGenerator) {
      order = [0, 1, 2].shuffled(using: &random)
      plans = LayoutTests.all.shuffled(using: &random).prefix(Int.random(in: 1...12, using: &random)).map { $0 }
    }

    func configuration(_ window: WindowPlan) -> ExecutorConfiguration {
      var configuration = EveryStateTests.configuration(window)
      configuration.columnNames = order.map { LayoutTests.columns[$0] }
      configuration.fieldCount = 3
      configuration.aggregations = plans.map { plan in
        var plan = plan
        plan.field = plan.field.map { field in order.firstIndex(of: field) ?? 0 }
        return plan
      }
      return configuration
    }

    /// The same records, with cells in the order of the columns.
    func records(_ records: [TestRecord]) -> [TestRecord] {
      records.map { record in
        var record = record
        record.cells = order.map { record.cells[$0] }
        return record
      }
    }

    func number(of plan: AggregationPlan) -> Int? { plans.firstIndex(of: plan) }
  }

  private static func records(_ random: inout SeededGenerator, around time: Int64) -> [TestRecord] {
    (0..<40).map { number in
      var record = TestRecord(time + Int64.random(in: -12...10, using: &random), "key-\(Int.random(in: 0..<6, using: &random))")
      record.cells = (0..<3).map { _ in
        random.chance(20) ? .missing : random.chance(50) ? .int(Int64.random(in: -9...9, using: &random)) : .double(Double.random(in: -9...9, using: &random))
      }
      record.input = number % 2
      record.offset = time * 100 + Int64(number)
      return record
    }
  }

  /// Of a result, the cell of each aggregation.
  private static func cells(_ result: TestResult, _ choice: Choice) -> [(AggregationPlan, TestCell)] {
    zip(choice.plans, result.cells).map { ($0, $1) }
  }

  @Test("what goes on has the figures of one that never changed, what is new has them or none", arguments: EveryStateTests.windows)
  func change(_ window: WindowPlan) throws {
    var (missing, known) = (0, 0)
    for seed: UInt64 in 1...40 {
      var random = SeededGenerator(state: seed)
      let choices = (0..<4).map { _ in Choice(&random) }
      // One that has all aggregations all along.
      var whole = choices[0]
      (whole.plans, whole.order) = (Self.all, [0, 1, 2])
      let steady = ShardExecutor(configuration: whole.configuration(window), inputs: 2)
      var executor = ShardExecutor(configuration: choices[0].configuration(window), inputs: 2)
      var current = choices[0]
      // Since when each aggregation has been there.
      var since: [Int: Int] = [:]
      for step in 0..<16 {
        let time = Int64(step) * 5
        if step % 4 == 3 {
          let next = choices[step / 4]
          let state = executor.snapshot(full: true)
          executor = try ShardExecutor(configuration: next.configuration(window), restoring: state)
          since = since.filter { next.number(of: Self.all[$0.key]) != nil }
          current = next
        }
        for plan in current.plans { if let number = Self.all.firstIndex(of: plan), since[number] == nil { since[number] = step } }
        let batch = Self.records(&random, around: time)
        let wanted = try steady.run(whole.records(batch), now: time).groups.joined().sorted()
        let got = try executor.run(current.records(batch), now: time).groups.joined().sorted()
        try #require(wanted.map(\.name) == got.map(\.name) && wanted.map(\.revision) == got.map(\.revision), "seed \(seed), step \(step)")
        for (wanted, got) in zip(wanted, got) {
          for (plan, cell) in Self.cells(got, current) {
            let number = try #require(Self.all.firstIndex(of: plan))
            if cell == wanted.cells[number] {
              known += 1
            } else {
              missing += 1
              try #require(cell == .missing, "seed \(seed), step \(step): \(plan.function) of \(got), wanted \(wanted.cells[number])")
              try #require(since[number] != 0, "it was there from the beginning")
            }
          }
        }
      }
    }
    #expect(missing > 100 && known > 1_000, "\(missing) missing, \(known) known")
  }

  @Test("the same aggregations in another order are missing nowhere, and the next snapshot is whole", arguments: EveryStateTests.windows)
  func order(_ window: WindowPlan) throws {
    var random = SeededGenerator(state: 3)
    var before = Choice(&random)
    before.plans = Self.all
    var after = before
    (after.plans, after.order) = (before.plans.reversed(), before.order.reversed())
    #expect(after.configuration(window).aggregationsMissing(after: before.configuration(window)).isEmpty)
    let batch = Self.records(&random, around: 0)
    let one = ShardExecutor(configuration: before.configuration(window), inputs: 2)
    _ = try one.run(before.records(batch), now: 0)
    let other = try ShardExecutor(configuration: after.configuration(window), restoring: one.snapshot(full: true))
    #expect(other.isConverted)
    let again = try ShardExecutor(configuration: after.configuration(window), restoring: other.snapshot(full: true))
    #expect(!again.isConverted)
    for (wanted, got) in zip(try one.list(), try again.list()) {
      #expect(wanted.name == got.name && wanted.cells == got.cells.reversed())
    }
  }

  @Test("a layout that cannot be is refused", arguments: [
    { $0.width = 0 }, { $0.width = 7 }, { $0.width = 1 << 40 }, { $0.width -= 8 }, { $0.accumulators[0].offset = -8 },
    { $0.accumulators[0].offset = 1 << 40 }, { $0.accumulators[0].offset += 4 }, { $0.accumulators[1].kinds = -1 }, { $0.accumulators[1].kinds = 1 << 40 },
  ] as [@Sendable (inout StoredLayout) -> Void])
  func damage(_ change: @Sendable (inout StoredLayout) -> Void) throws {
    let plans = [AggregationPlan(function: .count, field: 0), AggregationPlan(function: .sum, field: 0)]
    let configuration = ExecutorConfiguration.small(aggregations: plans, fields: 1)
    let executor = ShardExecutor(configuration: configuration, inputs: 1)
    _ = try executor.runBatch([TestRecord(1, "a", .int(5)), TestRecord(2, "b", .int(5))], now: 0)
    var state = executor.snapshot(full: true)
    var layout = try #require(state.layout)
    change(&layout)
    state.layout = layout
    #expect(throws: StateDamaged.self) { try ShardExecutor(configuration: configuration, restoring: state) }
    state.layout = nil
    #expect(throws: StateDamaged.self) { try ShardExecutor(configuration: configuration, restoring: state) }
  }
}
