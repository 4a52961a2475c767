import StreamEngine
import Testing

@Suite("Aggregation functions")
struct FunctionTests {
  @Test("stddev and variance", arguments: FunctionCase.spread)
  func spread(_ test: FunctionCase) throws { try check(test) }

  @Test("percentile", arguments: FunctionCase.percentile)
  func percentile(_ test: FunctionCase) throws { try check(test) }

  @Test("distinct", arguments: FunctionCase.distinct)
  func distinct(_ test: FunctionCase) throws { try check(test) }

  @Test("count and rate", arguments: FunctionCase.others)
  func others(_ test: FunctionCase) throws { try check(test) }

  /// In either order, beside others, and merged.
  private func check(_ test: FunctionCase) throws {
    for cells in [test.cells, test.cells.reversed()] {
      let got = try AggregationTests.results(cells, [test.plan])[0]
      #expect(test.expected.wanted.accepts(got), "\(got)")
      let count = AggregationPlan(function: .count, field: 0)
      let all = try AggregationTests.results(cells, [count, test.plan, test.plan, count])
      #expect(all[1] == got && all[2] == got && all[0] == all[3], "\(all)")
      guard test.plan.function != .rate else { continue }
      for merged in try AggregationTests.merged(cells, [test.plan, count]) {
        #expect(test.expected.wanted.accepts(merged[0]), "merged: \(merged[0])")
      }
    }
  }

  @Test("derived members", arguments: ExpressionCase.all)
  func expressions(_ test: ExpressionCase) throws {
    var derived = AggregationPlan(function: .expression, field: nil)
    derived.expression = Expression(test.steps)
    try #require(derived.expression != nil)
    let plans = [
      AggregationPlan(function: .count, field: nil), AggregationPlan(function: .sum, field: 0), AggregationPlan(function: .first, field: 1),
      derived, AggregationPlan(function: .max, field: 0),
    ]
    let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 2), inputs: 1)
    let records = test.cells.map { TestRecord(1, "k", $0, test.other) } + [TestRecord(100)]
    let results = try Array(executor.runBatch(records, now: 1_000).joined())
    try #require(results.count == 1)
    #expect(results[0].cells[3] == test.expected)
  }

  @Test("a derived member may be made of one before it")
  func expressionOfExpression() throws {
    var twice = AggregationPlan(function: .expression, field: nil)
    twice.expression = Expression([.member(0), .integer(2), .multiply])
    var ratio = AggregationPlan(function: .expression, field: nil)
    ratio.expression = Expression([.member(1), .member(0), .divide])
    let got = try AggregationTests.results([.int(1), .int(1), .int(1)], [AggregationPlan(function: .count, field: nil), twice, ratio])
    #expect(got == [.int(3), .int(6), .double(2)])
  }

  @Test("steps that are no expression are none")
  func noExpression() {
    #expect(Expression([]) == nil)
    #expect(Expression([.add]) == nil)
    #expect(Expression([.integer(1), .add]) == nil)
    #expect(Expression([.integer(1), .integer(2)]) == nil)
    #expect(Expression([.negate]) == nil)
    #expect(Expression(Array(repeating: .integer(1), count: 33) + Array(repeating: .add, count: 32)) == nil)
    #expect(Expression(Array(repeating: .integer(1), count: 32) + Array(repeating: .add, count: 31)) != nil)
  }

  @Test("a condition leaves an aggregation's cells missing: it skips those records, the others do not")
  func conditions() throws {
    // Column 0 latency, 1 latency of errors, 2 there is an error.
    let plans = [
      AggregationPlan(function: .count, field: nil), AggregationPlan(function: .count, field: 2), AggregationPlan(function: .avg, field: 0),
      AggregationPlan(function: .avg, field: 1), AggregationPlan(function: .rate, field: 2),
    ]
    let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 3), inputs: 1)
    let records = [
      TestRecord(1, "k", .int(10), .missing, .missing), TestRecord(2, "k", .int(20), .int(20), .boolean(true)),
      TestRecord(3, "k", .int(60), .int(60), .boolean(true)), TestRecord(4, "n", .int(5), .missing, .missing), TestRecord(90),
    ]
    let results = try Array(executor.runBatch(records, now: 1_000).joined())
    #expect(results.map(\.cells) == [
      [.int(3), .int(2), .double(30), .double(40), .double(200)], [.int(1), .int(0), .double(5), .missing, .double(0)],
    ])
  }

  @Test("first and last go by event time, then by input and offset, not by arrival; records without the field count for neither")
  func firstAndLast() throws {
    let plans = [AggregationPlan(function: .first, field: 0), AggregationPlan(function: .last, field: 0)]
    let long = TestCell.text([UInt8](repeating: 90, count: CellKind.maxTextBytes))
    let records = [
      TestRecord(3, "k", .int(3), input: 1, offset: 5), TestRecord(2, "k", .text("first"), input: 0, offset: 9),
      TestRecord(2, "k", .boolean(true), input: 1, offset: 1), TestRecord(1, "k", .missing, input: 0, offset: 1),
      TestRecord(5, "k", .text("x"), input: 1, offset: 6), TestRecord(5, "k", .double(-0.0), input: 1, offset: 8),
      TestRecord(5, "k", long, input: 2, offset: 2), TestRecord(9, "k", .missing, input: 2, offset: 3),
      TestRecord(2, "k", .text("second"), input: 0, offset: 10), TestRecord(5, "k", .int(8), input: 2, offset: 1),
    ]
    var random = SeededGenerator(state: 7)
    for _ in 0..<50 {
      let executor = ShardExecutor(configuration: .small(delay: 0, aggregations: plans, fields: 1), inputs: 3)
      var results = try Array(executor.runBatch(records.shuffled(using: &random), now: 1_000).joined())
      for input in 0..<3 { results += try executor.runBatch([TestRecord(90, "end", .missing, input: input)], now: 1_000).joined() }
      #expect(results.map(\.cells) == [[.text("first"), long]])
    }
    let got = try AggregationTests.results([.double(-0.0)], plans)
    #expect(got.map(\.bits) == [(-0.0).bitPattern, (-0.0).bitPattern])
  }

  @Test("a text is copied as it comes: what the decoder does with its bytes afterwards makes no difference")
  func textsAreCopied() throws {
    let plans = [AggregationPlan(function: .first, field: 0), AggregationPlan(function: .last, field: 0)]
    let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 1), inputs: 1)
    for number in 0..<200 {
      // Growing and shrinking, so that a text replaced in place needs more room.
      let length = (number * 37) % 400
      _ = try executor.runBatch([TestRecord(1, "k", .text([UInt8](repeating: UInt8(number), count: length)), offset: Int64(number))], now: 0)
    }
    let results = try Array(executor.runBatch([TestRecord(50, "k", .missing, offset: 500)], now: 1_000).joined())
    #expect(results.map(\.cells) == [[.text([]), .text([UInt8](repeating: 199, count: (199 * 37) % 400))]])
  }

  @Test("a custom aggregation may give any value, and what is not finite is missing")
  func customValues() throws {
    let values: [(CustomAggregation.Value, TestCell)] = [
      (.missing, .missing), (.integer(.min), .int(.min)), (.double(0.5), .double(0.5)), (.boolean(true), .boolean(true)),
      (.text("é"), .text("é")), (.text(""), .text("")), (.double(.infinity), .missing), (.double(.nan), .missing),
    ]
    let plans = values.map { value, _ in
      var plan = AggregationPlan(function: .custom, field: nil)
      plan.custom = CustomAggregation(identity: "constant", initial: { [] }, add: { _, _, _ in }, merge: { _, _ in }, result: { _ in value })
      return plan
    }
    #expect(try AggregationTests.results([.int(1)], plans) == values.map(\.1))
  }

  @Test("a custom aggregation sees each record of its window once, and its state may grow")
  func customStates() throws {
    let got = try AggregationTests.results(
      Array(repeating: .missing, count: 300), [TestAggregation.plan(), AggregationPlan(function: .count, field: nil)], events: { Int64($0) })
    #expect(got == [.text("256/32640"), .int(300)])
  }
}
