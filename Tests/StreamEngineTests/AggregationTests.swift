import StreamEngine
import Testing

struct AggregationCase: CustomTestStringConvertible, Sendable {
  var rule: String
  var cells: [TestCell]
  /// count(f), sum, avg, min, max.
  var expected: [TestCell]
  var testDescription: String { rule }

  static let all: [AggregationCase] = [
    AggregationCase(rule: "over nothing count is 0 and the rest is missing", cells: [.missing, .missing],
      expected: [.int(0), .missing, .missing, .missing, .missing]),
    AggregationCase(rule: "integers stay integers", cells: [.int(3), .int(-5), .missing, .int(4)],
      expected: [.int(3), .int(2), .double(2.0 / 3), .int(-5), .int(4)]),
    AggregationCase(rule: "one double makes the sum a double; smallest and largest keep their kind",
      cells: [.int(3), .double(0.5)], expected: [.int(2), .double(3.5), .double(1.75), .double(0.5), .int(3)]),
    AggregationCase(rule: "doubles that add up to zero are a double", cells: [.double(0.5), .double(-0.5)],
      expected: [.int(2), .double(0), .double(0), .double(-0.5), .double(0.5)]),
    AggregationCase(rule: "an integer sum may leave Int64 on the way",
      cells: [.int(.max), .int(.max), .int(.min), .int(.min), .int(5)],
      expected: [.int(5), .int(3), .double(0.6), .int(.min), .int(.max)]),
    AggregationCase(rule: "an integer sum that does not fit becomes a double", cells: [.int(.max), .int(1)],
      expected: [.int(2), .double(0x1p63), .double(0x1p62), .int(1), .int(.max)]),
    AggregationCase(rule: "and so does a negative one", cells: [.int(.min), .int(-1)],
      expected: [.int(2), .double(-0x1p63), .double(-0x1p62), .int(.min), .int(-1)]),
    AggregationCase(rule: "an integer and a double are compared exactly",
      cells: [.int(9_007_199_254_740_993), .double(9_007_199_254_740_992), .int(9_007_199_254_740_991)],
      expected: [
        .int(3), .double(27_021_597_764_222_976), .double(9_007_199_254_740_992), .int(9_007_199_254_740_991),
        .int(9_007_199_254_740_993),
      ]),
    AggregationCase(rule: "an infinite sum is missing", cells: [.double(1.7e308), .double(1.7e308)],
      expected: [.int(2), .missing, .missing, .double(1.7e308), .double(1.7e308)]),
    AggregationCase(rule: "what small values add to a large sum is not lost",
      cells: [.double(1e16)] + Array(repeating: .double(0.25), count: 64) + [.double(-1e16)],
      expected: [.int(66), .double(16), .double(16.0 / 66), .double(-1e16), .double(1e16)]),
    AggregationCase(rule: "integers and doubles that nearly cancel keep what is left",
      cells: [.int(.max), .double(-0x1p63), .double(0.5)],
      expected: [.int(3), .double(-0.5), .double(-0.5 / 3), .double(-0x1p63), .int(.max)]),
    AggregationCase(rule: "of equal values the integer is kept", cells: [.double(2), .int(2), .double(2)],
      expected: [.int(3), .double(6), .double(2), .int(2), .double(2)]),
  ]
}

@Suite("Aggregations")
struct AggregationTests {
  /// Of a window with these values, one record each.
  static func results(_ cells: [TestCell], _ plans: [AggregationPlan], events: (Int) -> Int64 = { _ in 0 }) throws -> [TestCell] {
    let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 1), inputs: 1)
    var records = cells.map { TestRecord(1, "k", $0) } + [TestRecord(100, "end", .missing)]
    for place in cells.indices { records[place].event = events(place) }
    let results = try Array(executor.runBatch(records, now: 1_000).joined())
    try #require(results.count == 1)
    return results[0].cells
  }

  /// Of the same values a millisecond apart: merged from one slice each, and from sessions of every other one that the rest make one.
  static func merged(_ cells: [TestCell], _ plans: [AggregationPlan]) throws -> [[TestCell]] {
    let places = cells.indices.filter { $0 % 2 == 0 } + cells.indices.filter { $0 % 2 == 1 }
    let records = places.map { TestRecord(Int64($0), "k", cells[$0], offset: Int64($0)) }
    return try [WindowPlan.sliding(size: 1_000, slide: 1, offset: 0), .session(gap: 1)].map { window in
      let executor = ShardExecutor(configuration: .of(window, delay: 10_000, skew: 100_000, aggregations: plans, fields: 1), inputs: 1)
      let results = try executor.runBatch(records + [TestRecord(20_000, "end", .missing)], now: 0).joined()
      return try #require(results.first { $0.start == 0 && $0.key == [107] }).cells
    }
  }

  @Test("figures", arguments: AggregationCase.all)
  func figures(_ test: AggregationCase) throws {
    let plans = [AggregateFunction.count, .sum, .avg, .min, .max].map { AggregationPlan(function: $0, field: 0) }
    #expect(try AggregationTests.results(test.cells, plans) == test.expected)
    let backwards = try AggregationTests.results(test.cells.reversed(), plans)
    #expect(backwards == test.expected, "in the opposite order")
    #expect(try AggregationTests.merged(test.cells, plans) == [test.expected, test.expected], "merged")
    // Each alone, so that sharing accumulators makes no difference.
    for (plan, expected) in zip(plans, test.expected) {
      #expect(try AggregationTests.results(test.cells, [plan]) == [expected], "\(plan.function) alone")
    }
  }

  @Test("order makes no difference to sums of doubles of any size")
  func sumsDoNotDependOnOrder() throws {
    var random = SeededGenerator(state: 20_240_501)
    let plans = [AggregationPlan(function: .sum, field: 0), AggregationPlan(function: .avg, field: 0)]
    for _ in 0..<100 {
      let cells = (0..<200).map { _ in
        TestCell.double(Double.random(in: -1...1, using: &random) * Double(1 << Int.random(in: 0...40, using: &random)))
      }
      let first = try AggregationTests.results(cells, plans)
      #expect(try AggregationTests.results(cells.shuffled(using: &random), plans) == first)
    }
  }

  @Test("several fields and counts are kept apart")
  func severalFields() throws {
    let plans = [
      AggregationPlan(function: .max, field: 2), AggregationPlan(function: .count, field: 1),
      AggregationPlan(function: .count, field: nil), AggregationPlan(function: .sum, field: 0),
      AggregationPlan(function: .avg, field: 2),
    ]
    let executor = ShardExecutor(configuration: .small(aggregations: plans, fields: 3), inputs: 1)
    let records = [
      TestRecord(1, "k", .int(1), .missing, .double(0.5)), TestRecord(2, "k", .int(10), .int(1), .missing),
      TestRecord(3, "k", .missing, .int(1), .int(7)), TestRecord(90, "z", .missing, .missing, .missing),
    ]
    let results = try Array(executor.runBatch(records, now: 1_000).joined())
    #expect(results.map(\.cells) == [[.int(7), .int(2), .int(3), .int(11), .double(3.75)]])
  }

  @Test("keys are told apart by their bytes: empty, long, equal at the front, with zero bytes")
  func keys() throws {
    let executor = ShardExecutor(configuration: .small(), inputs: 1)
    let long = [UInt8](repeating: 65, count: 65_536)
    var keys: [[UInt8]] = [[], [0], [0, 0], Array("a".utf8), long, long + [1], Array(long.dropLast()) + [66]]
    for length in 1...40 { keys.append([UInt8](repeating: 9, count: length)) }
    for length in [16_383, 16_384, 16_385, 32_768] { keys.append([UInt8](repeating: 8, count: length)) }
    var records: [TestRecord] = []
    for (number, key) in keys.enumerated() {
      for _ in 0...(number % 3) {
        var record = TestRecord(5)
        record.key = key
        records.append(record)
      }
    }
    var random = SeededGenerator(state: 1)
    let results = try executor.runBatch(records.shuffled(using: &random) + [TestRecord(50)], now: 1_000).joined()
    let counts = Dictionary(uniqueKeysWithValues: results.map { ($0.key, $0.cells[0]) })
    #expect(counts.count == keys.count)
    for (number, key) in keys.enumerated() { #expect(counts[key] == .int(Int64(number % 3 + 1))) }
  }

  @Test("a window of many keys counts each, in the order in which they came")
  func manyKeys() throws {
    let executor = ShardExecutor(configuration: .small(), inputs: 1)
    let keys = (0..<20_000).map { "key-\($0)" }
    let results = try Array(executor.runBatch((keys + keys).map { TestRecord(5, $0) }, now: 100).joined())
    #expect(results.isEmpty)
    #expect(executor.keyCount == 20_000)
    let batch = TestBatch([TestRecord(50)], fieldCount: 0)
    _ = try executor.process(batch.columns, from: 0, to: 1, now: 100)
    let fired = try executor.drainAll(capacity: 999)
    #expect(fired.map(\.key) == keys.map { Array($0.utf8) })
    #expect(fired.allSatisfy { $0.cells == [.int(2)] })
  }
}
