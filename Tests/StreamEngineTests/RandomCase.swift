import StreamEngine

/// One random case: a configuration, and what happens to a shard step by step.
struct RandomCase {
  enum Kind: String, CaseIterable, Sendable {
    case tumbling, sliding, session, count
  }

  enum Step {
    case batch([TestRecord], now: Int64)
    case markIdle(Int, now: Int64)
    case markActive(Int)
    case advance(now: Int64)
    case setWatermark(Int64, input: Int?)
    case emitEarly(now: Int64)
    case emitOpen
    case snapshot(full: Bool, restore: Bool)
  }

  var configuration: ExecutorConfiguration
  var inputs: Int
  /// Every batch has one record, so that each result is determined, and not the last ones alone.
  var isStepwise: Bool
  var steps: [Step] = []
  /// How many of the steps, the last ones, end every window that time can end.
  private(set) var ending = 0

  private var random: SeededGenerator
  private var now: Int64
  private var offsets: [Int64]
  private let spread: Int64
  private let keys: Int

  init(_ kind: Kind, seed: UInt64) {
    random = SeededGenerator(state: seed)
    inputs = Int.random(in: 1...4, using: &random)
    isStepwise = random.chance(50)
    configuration = RandomCase.configuration(kind, &random)
    now = Int64.random(in: -500...500, using: &random)
    offsets = Array(repeating: 0, count: inputs)
    spread = Int64.random(in: 1...60, using: &random)
    keys = kind == .tumbling || kind == .sliding ? Int.random(in: 1...6, using: &random) : Int.random(in: 1...3, using: &random)
    for _ in 0..<Int.random(in: 3...12, using: &random) { addStep() }
    addEnd()
  }

  private static func configuration(_ kind: Kind, _ random: inout SeededGenerator) -> ExecutorConfiguration {
    let size = Int64.random(in: 1...25, using: &random)
    let slide = Int64.random(in: max(1, size / 8)...size, using: &random)
    let window: WindowPlan =
      switch kind {
      case .tumbling: .tumbling(size: size, offset: Int64.random(in: 0..<size, using: &random))
      case .sliding: .sliding(size: size, slide: slide, offset: Int64.random(in: 0..<slide, using: &random))
      case .session: .session(gap: Int64.random(in: 1...20, using: &random))
      case .count: .count(Int64.random(in: 1...6, using: &random), maxAge: random.chance(50) ? nil : Int64.random(in: 1...60, using: &random))
      }
    var configuration = ExecutorConfiguration.of(
      window, delay: Int64.random(in: 0...12, using: &random),
      lateness: random.chance(30) ? 0 : Int64.random(in: 0...40, using: &random), skew: Int64.random(in: 0...30, using: &random),
      aggregations: RandomCase.aggregations(&random), fields: 4)
    configuration.watermark = random.chance(60) ? .boundedOutOfOrderness : random.chance(50) ? .punctuated : .manual
    configuration.earlyInterval = random.chance(40) ? 1_000 : nil
    return configuration
  }

  /// Something happens to the shard.
  private mutating func addStep() {
    now += Int64.random(in: random.chance(10) ? -20...0 : 0...20, using: &random)
    switch Int.random(in: 0..<12, using: &random) {
    case 0: steps.append(.markIdle(Int.random(in: 0..<inputs, using: &random), now: now))
    case 1: for input in 0..<inputs where random.chance(70) { steps.append(.markIdle(input, now: now)) }
    case 2: steps.append(.advance(now: now))
    case 3: steps.append(.snapshot(full: random.chance(30), restore: random.chance(50)))
    case 4 where configuration.earlyInterval != nil: steps.append(.emitEarly(now: now))
    case 7 where random.chance(50): steps.append(.emitOpen)
    case 5 where configuration.watermark == .manual:
      let time = now - Int64.random(in: 0...20, using: &random)
      steps.append(.setWatermark(time, input: random.chance(40) ? nil : Int.random(in: 0..<inputs, using: &random)))
    case 6 where random.chance(30): steps.append(.markActive(Int.random(in: 0..<inputs, using: &random)))
    default:
      let records = (0..<Int.random(in: 0...20, using: &random)).map { _ in record() }
      if isStepwise {
        for record in records { steps.append(.batch([record], now: now)) }
      } else {
        steps.append(.batch(records, now: now))
      }
    }
  }

  private mutating func addEnd() {
    let before = steps.count
    if configuration.watermark == .manual { steps.append(.setWatermark(now, input: nil)) }
    for input in 0..<inputs { steps.append(.markIdle(input, now: now)) }
    steps.append(.advance(now: now + 10_000))
    ending = steps.count - before
  }

  private mutating func record() -> TestRecord {
    let input = Int.random(in: 0..<inputs, using: &random)
    var record = TestRecord(
      now + Int64.random(in: (-spread)...(spread / 3), using: &random), input: input, offset: offsets[input])
    record.key = RandomCase.key(Int.random(in: 0..<keys, using: &random), &random)
    record.cells = RandomCase.cells(&random)
    record.status = random.chance(3) ? 3 : random.chance(4) ? RecordStatus.filtered : RecordStatus.decoded
    if configuration.watermark == .punctuated, random.chance(40) {
      record.watermark = now - Int64.random(in: 0...30, using: &random)
    }
    record.event = Int64.random(in: 0...40, using: &random)
    offsets[input] += Int64.random(in: 1...3, using: &random)
    now += random.chance(50) ? 1 : 0
    return record
  }

  /// An empty key, short ones, rarely one of a page and more.
  private static func key(_ number: Int, _ random: inout SeededGenerator) -> [UInt8] {
    if number == 5, random.chance(10) { return [UInt8](repeating: 7, count: 20_000) }
    return Array("key-\(number)".utf8.prefix(number * 5))
  }

  // MARK: Aggregations and fields: 0 numbers, 1 any scalar, 2 presence under a condition, 3 the numbers under a condition.

  private static func aggregations(_ random: inout SeededGenerator) -> [AggregationPlan] {
    var plans = (0..<Int.random(in: 1...6, using: &random)).map { _ in aggregation(&random) }
    if random.chance(30) { plans.append(expression(plans, &random)) }
    return plans
  }

  private static func aggregation(_ random: inout SeededGenerator) -> AggregationPlan {
    let functions: [AggregateFunction] = [
      .count, .sum, .avg, .min, .max, .stddev, .variance, .percentile, .distinct, .first, .last, .rate, .custom,
    ]
    let function = functions[Int.random(in: 0..<functions.count, using: &random)]
    var plan: AggregationPlan
    switch function {
    case .count, .rate: plan = AggregationPlan(function: function, field: random.chance(50) ? nil : 2)
    case .distinct, .first, .last: plan = AggregationPlan(function: function, field: 1)
    case .custom: return TestAggregation.plan()
    default: plan = AggregationPlan(function: function, field: random.chance(70) ? 0 : 3)
    }
    if function == .percentile { plan.percentile = [1, 50, 90, 95, 99, 99.9, 33.3][Int.random(in: 0..<7, using: &random)] }
    if function == .stddev || function == .variance { plan.population = random.chance(50) }
    return plan
  }

  /// Over members whose figures are exact, constants too.
  private static func expression(_ plans: [AggregationPlan], _ random: inout SeededGenerator) -> AggregationPlan {
    let exact = plans.indices.filter { [.count, .sum, .avg, .min, .max].contains(plans[$0].function) }
    func leaf(_ random: inout SeededGenerator) -> Expression.Step {
      if let member = exact.randomElement(using: &random), random.chance(80) { return .member(member) }
      return random.chance(50) ? .integer(Int64.random(in: -2...9, using: &random)) : .double(0.25)
    }
    var steps = [leaf(&random)]
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let operators: [Expression.Step] = [.add, .subtract, .multiply, .divide]
      steps += [leaf(&random), operators[Int.random(in: 0..<4, using: &random)]]
      if random.chance(20) { steps.append(.negate) }
    }
    var plan = AggregationPlan(function: .expression, field: nil)
    plan.expression = Expression(steps)
    return plan
  }

  private static func cells(_ random: inout SeededGenerator) -> [TestCell] {
    let number = number(&random)
    return [number, scalar(&random), random.chance(60) ? .boolean(true) : .missing, random.chance(60) ? number : .missing]
  }

  /// Values that add up exactly in any order.
  private static func number(_ random: inout SeededGenerator) -> TestCell {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: .missing
    case 1: .double(Double(Int.random(in: -40...40, using: &random)) / 8 + 0.0)
    default: .int(Int64.random(in: -20...20, using: &random))
    }
  }

  private static func scalar(_ random: inout SeededGenerator) -> TestCell {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: .missing
    case 1: .double(Double(Int.random(in: -8...8, using: &random)) / 4)
    case 2: .int(Int64.random(in: -2...2, using: &random))
    case 3: .boolean(random.chance(50))
    case 4 where random.chance(10): .text([UInt8](repeating: 65, count: Int.random(in: 200...CellKind.maxTextBytes, using: &random)))
    default: .text("\(Int.random(in: -3...12, using: &random))")
    }
  }
}
