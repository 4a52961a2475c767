import StreamEngine

/// The figures of a window from all its records at once, by the definitions.
enum Figures {
  static func of(_ records: [TestRecord], start: Int64, end: Int64, _ plans: [AggregationPlan]) -> [WantedCell] {
    let length = Double(end) - Double(start)
    var cells = plans.map { $0.function == .expression ? .exactly(.missing) : figure($0, records, length) }
    for (place, plan) in plans.enumerated() {
      if let expression = plan.expression { cells[place] = .exactly(value(expression, cells) ?? .missing) }
    }
    return cells
  }

  private static func figure(_ plan: AggregationPlan, _ records: [TestRecord], _ length: Double) -> WantedCell {
    if let custom = plan.custom { return .exactly(TestAggregation.result(records.map(\.event), custom)) }
    let having = records.filter { record in plan.field.map { record.cells[$0] != .missing } ?? true }
    let cells = having.compactMap { record in plan.field.map { record.cells[$0] } }
    let numbers = cells.compactMap(\.number)
    switch plan.function {
    case .count: return .exactly(.int(Int64(having.count)))
    case .rate: return length == 0 ? .exactly(.missing) : .near(Double(having.count) / (length / 1_000), 1e-12)
    case .distinct: return .distinct(Set(cells.map(value)).count)
    case _ where cells.isEmpty: return .exactly(.missing)
    case .sum, .avg: return .exactly(plan.function == .sum ? sum(cells) : .double((sum(cells).number ?? 0) / Double(cells.count)))
    case .min: return .exactly(cells.sorted(by: ordered)[0])
    case .max: return .exactly(cells.sorted(by: ordered)[cells.count - 1])
    case .first: return .exactly(inTime(having)[0].cells[plan.field ?? 0])
    case .last: return .exactly(inTime(having)[having.count - 1].cells[plan.field ?? 0])
    case .percentile: return .quantile(quantile(numbers.sorted(), plan.percentile))
    case .variance, .stddev: return spread(numbers, plan)
    case .custom, .expression: return .exactly(.missing)
    }
  }

  /// The values in tests are such that doubles add up exactly, so plain addition is right.
  private static func sum(_ cells: [TestCell]) -> TestCell {
    var integers: Int128 = 0
    var doubles: Double?
    for cell in cells {
      if case .int(let value) = cell { integers += Int128(value) }
      if case .double(let value) = cell { doubles = (doubles ?? 0) + value }
    }
    if doubles == nil, let whole = Int64(exactly: integers) { return .int(whole) }
    return .double(Double(integers) + (doubles ?? 0))
  }

  /// By value; of equal ones the integer first. Small values only, so that doubles are exact.
  private static func ordered(_ a: TestCell, _ b: TestCell) -> Bool {
    let (x, y) = (a.number ?? 0, b.number ?? 0)
    return x != y ? x < y : a.kind < b.kind
  }

  private static func inTime(_ records: [TestRecord]) -> [TestRecord] {
    records.sorted { ($0.timestamp, $0.input, $0.offset) < ($1.timestamp, $1.input, $1.offset) }
  }

  /// Equal numbers are one value, whatever their kind. (0 and -0.0 are equal.)
  private static func value(_ cell: TestCell) -> TestCell {
    if case .double(let value) = cell, let whole = Int64(exactly: value) { return .int(whole) }
    return cell
  }

  /// The value at rank floor(q * (n - 1)) of the sorted ones, the lower quantile. Where q * (n - 1) is whole but for rounding, the
  /// neighbour is as right.
  static func quantile(_ sorted: [Double], _ percentile: Double) -> [Double] {
    let ranks = [percentile / 100 * Double(sorted.count - 1), percentile * Double(sorted.count - 1) / 100]
    return Set(ranks.map { Int($0) }).map { sorted[$0] }
  }

  /// Two passes in 80 bits.
  static func spread(_ numbers: [Double], _ plan: AggregationPlan) -> WantedCell {
    let count = Float80(numbers.count)
    let divisor = plan.population ? count : count - 1
    guard divisor > 0 else { return .exactly(.missing) }
    let mean = numbers.reduce(Float80(0)) { $0 + Float80($1) } / count
    let squares = numbers.reduce(Float80(0)) { $0 + (Float80($1) - mean) * (Float80($1) - mean) }
    let variance = squares / divisor
    return .near(Double(plan.function == .stddev ? variance.squareRoot() : variance), 1e-12)
  }

  /// nil: missing.
  private static func value(_ expression: Expression, _ members: [WantedCell]) -> TestCell? {
    var stack: [TestCell] = []
    for step in expression.steps {
      switch step {
      case .integer(let value): stack.append(.int(value))
      case .double(let value): stack.append(.double(value))
      case .member(let place):
        guard case .exactly(let cell) = members[place], cell.number != nil else { return nil }
        stack.append(cell)
      case .negate: stack.append(negated(stack.removeLast()))
      case .add, .subtract, .multiply, .divide:
        let b = stack.removeLast()
        let a = stack.removeLast()
        stack.append(combined(a, b, step))
      }
      if case .double(let value)? = stack.last, !value.isFinite { return nil }
    }
    return stack[0]
  }

  private static func negated(_ cell: TestCell) -> TestCell {
    if case .int(let value) = cell, value != .min { return .int(-value) }
    return .double(-(cell.number ?? 0))
  }

  /// A division by zero becomes infinite or no number, which the caller takes for missing.
  private static func combined(_ a: TestCell, _ b: TestCell, _ step: Expression.Step) -> TestCell {
    if case .int(let x) = a, case .int(let y) = b, step != .divide {
      let whole = step == .add ? Int128(x) + Int128(y) : step == .subtract ? Int128(x) - Int128(y) : Int128(x) * Int128(y)
      if let value = Int64(exactly: whole) { return .int(value) }
    }
    let (x, y) = (a.number ?? 0, b.number ?? 0)
    return .double(step == .add ? x + y : step == .subtract ? x - y : step == .multiply ? x * y : x / y)
  }
}
