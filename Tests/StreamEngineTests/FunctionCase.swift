import StreamEngine
import Testing

/// One rule of an aggregation: cells of records at 1 ms, one after another, and what comes out of them.
struct FunctionCase: CustomTestStringConvertible, Sendable {
  var rule: String
  var plan: AggregationPlan
  var cells: [TestCell]
  var expected: Expected
  var testDescription: String { rule }

  enum Expected: Sendable {
    case cell(TestCell)
    /// Relatively within 1e-12.
    case near(Double)
    /// Within 1 %.
    case percent(Double)

    var wanted: WantedCell {
      switch self {
      case .cell(let cell): .exactly(cell)
      case .near(let value): .near(value, 1e-12)
      case .percent(let value): .quantile([value])
      }
    }
  }

  private static func plan(_ function: AggregateFunction, population: Bool = false, percentile: Double = 50) -> AggregationPlan {
    var plan = AggregationPlan(function: function, field: 0)
    plan.population = population
    plan.percentile = percentile
    return plan
  }

  static let spread: [FunctionCase] = [
    FunctionCase(rule: "variance is that of a sample, over n - 1", plan: plan(.variance),
      cells: [2, 4, 4, 4, 5, 5, 7, 9].map { .int($0) }, expected: .near(32.0 / 7)),
    FunctionCase(rule: "or of the population, over n", plan: plan(.variance, population: true),
      cells: [2, 4, 4, 4, 5, 5, 7, 9].map { .int($0) }, expected: .near(4)),
    FunctionCase(rule: "stddev is its root", plan: plan(.stddev), cells: [2, 4, 4, 4, 5, 5, 7, 9].map { .int($0) },
      expected: .near((32.0 / 7).squareRoot())),
    FunctionCase(rule: "of the population too", plan: plan(.stddev, population: true),
      cells: [2, 4, 4, 4, 5, 5, 7, 9].map { .int($0) }, expected: .near(2)),
    FunctionCase(rule: "over nothing there is no variance", plan: plan(.variance), cells: [.missing], expected: .cell(.missing)),
    FunctionCase(rule: "nor of a population", plan: plan(.variance, population: true), cells: [.missing], expected: .cell(.missing)),
    FunctionCase(rule: "one value is no sample", plan: plan(.stddev), cells: [.int(5), .missing], expected: .cell(.missing)),
    FunctionCase(rule: "but a population", plan: plan(.stddev, population: true), cells: [.int(5), .missing], expected: .near(0)),
    FunctionCase(rule: "equal values have no spread at all", plan: plan(.stddev), cells: Array(repeating: .double(0.1), count: 50),
      expected: .near(0)),
    FunctionCase(rule: "integers and doubles mix", plan: plan(.variance), cells: [.int(1), .double(2.5), .missing, .int(4)],
      expected: .near(2.25)),
    FunctionCase(rule: "a large mean does not eat a small spread", plan: plan(.variance),
      cells: [4, 7, 13, 16].map { .int(1_000_000_000 + $0) }, expected: .near(30)),
    FunctionCase(rule: "the ends of Int64", plan: plan(.stddev, population: true), cells: [.int(.max), .int(.min)], expected: .near(0x1p63)),
    FunctionCase(rule: "-0.0 is 0", plan: plan(.variance), cells: [.double(-0.0), .int(0)], expected: .near(0)),
    FunctionCase(rule: "a variance beyond all doubles is missing", plan: plan(.variance), cells: [.double(1e308), .double(-1e308)],
      expected: .cell(.missing)),
  ]

  static let percentile: [FunctionCase] = [
    FunctionCase(rule: "the median of an odd number", plan: plan(.percentile), cells: [5, 1, 4, 2, 3].map { .int($0) }, expected: .percent(3)),
    FunctionCase(rule: "of an even number the lower one", plan: plan(.percentile), cells: [1, 2].map { .int($0) }, expected: .percent(1)),
    FunctionCase(rule: "rank floor(q * (n - 1)) in general", plan: plan(.percentile, percentile: 99), cells: (1...100).map { .int($0) },
      expected: .percent(99)),
    FunctionCase(rule: "p90 of ten is the ninth", plan: plan(.percentile, percentile: 90), cells: (1...10).map { .int($0 * 100) },
      expected: .percent(900)),
    FunctionCase(rule: "a high percentile of few values is not the largest", plan: plan(.percentile, percentile: 99.9),
      cells: (1...10).map { .int($0 * 100) }, expected: .percent(900)),
    FunctionCase(rule: "over nothing there is none", plan: plan(.percentile), cells: [.missing], expected: .cell(.missing)),
    FunctionCase(rule: "one value", plan: plan(.percentile, percentile: 1), cells: [.double(123.456)], expected: .percent(123.456)),
    FunctionCase(rule: "zero is exact", plan: plan(.percentile), cells: [.int(0), .int(0), .int(9)], expected: .percent(0)),
    FunctionCase(rule: "-0.0 is 0", plan: plan(.percentile), cells: [.double(-0.0)], expected: .percent(0)),
    FunctionCase(rule: "negative values", plan: plan(.percentile), cells: [-50, -30, -10].map { .int($0) }, expected: .percent(-30)),
    FunctionCase(rule: "negative ones come before zero", plan: plan(.percentile, percentile: 1), cells: [10, 0, -10].map { .int($0) },
      expected: .percent(-10)),
    FunctionCase(rule: "and positive ones after", plan: plan(.percentile, percentile: 99.9), cells: [-10, 0, 10, 10].map { .int($0) },
      expected: .percent(10)),
    FunctionCase(rule: "the smallest Int64", plan: plan(.percentile), cells: [.int(.min)], expected: .percent(-0x1p63)),
    FunctionCase(rule: "the largest Int64", plan: plan(.percentile), cells: [.int(.max)], expected: .percent(0x1p63)),
    FunctionCase(rule: "1e308 stays finite", plan: plan(.percentile), cells: [.double(1e308)], expected: .percent(1e308)),
    FunctionCase(rule: "the largest double", plan: plan(.percentile), cells: [.double(-.greatestFiniteMagnitude)],
      expected: .percent(-.greatestFiniteMagnitude)),
    FunctionCase(rule: "very small values", plan: plan(.percentile), cells: [.double(1e-12)], expected: .percent(1e-12)),
  ]

  static let distinct: [FunctionCase] = [
    FunctionCase(rule: "over nothing distinct is 0", plan: plan(.distinct), cells: [.missing], expected: .cell(.int(0))),
    FunctionCase(rule: "equal numbers are one, whatever their kind", plan: plan(.distinct),
      cells: [.int(1), .double(1), .double(1.5), .int(1), .double(1.5)], expected: .cell(.int(2))),
    FunctionCase(rule: "0 and -0.0 are equal", plan: plan(.distinct), cells: [.int(0), .double(-0.0), .double(0)], expected: .cell(.int(1))),
    FunctionCase(rule: "an integer that no double holds is none of its neighbours", plan: plan(.distinct),
      cells: [.int(9_007_199_254_740_993), .double(9_007_199_254_740_992), .int(9_007_199_254_740_992)], expected: .cell(.int(2))),
    FunctionCase(rule: "the largest Int64 is not 2^63", plan: plan(.distinct), cells: [.int(.max), .double(0x1p63), .int(.min), .double(-0x1p63)],
      expected: .cell(.int(3))),
    FunctionCase(rule: "texts are told apart by their bytes", plan: plan(.distinct),
      cells: [.text("a"), .text("A"), .text("a"), .text("aa"), .text("")], expected: .cell(.int(4))),
    FunctionCase(rule: "long ones by their last byte too", plan: plan(.distinct),
      cells: [65, 66, 65].map { .text([UInt8](repeating: 120, count: CellKind.maxTextBytes - 1) + [$0]) }, expected: .cell(.int(2))),
    FunctionCase(rule: "a text, a number and a boolean are never equal", plan: plan(.distinct),
      cells: [.text("1"), .int(1), .boolean(true), .text("true"), .text([1])], expected: .cell(.int(5))),
    FunctionCase(rule: "two booleans", plan: plan(.distinct), cells: [.boolean(true), .boolean(false), .boolean(true), .missing],
      expected: .cell(.int(2))),
    FunctionCase(rule: "exact up to 256", plan: plan(.distinct), cells: ((0..<256).reversed() + Array(0..<256)).map { .int($0) },
      expected: .cell(.int(256))),
  ]

  static let others: [FunctionCase] = [
    FunctionCase(rule: "count of a field counts any scalar", plan: plan(.count),
      cells: [.int(0), .text(""), .boolean(false), .missing, .double(-0.0)], expected: .cell(.int(4))),
    FunctionCase(rule: "rate of a field counts those that have it, per second of window", plan: plan(.rate),
      cells: [.int(0), .text(""), .missing, .boolean(false)], expected: .near(300)),
    FunctionCase(rule: "over nothing a rate is 0", plan: plan(.rate), cells: [.missing], expected: .near(0)),
    FunctionCase(rule: "rate of all records", plan: AggregationPlan(function: .rate, field: nil), cells: [.missing, .missing],
      expected: .near(200)),
  ]
}
