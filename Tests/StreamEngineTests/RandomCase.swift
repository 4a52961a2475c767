import StreamEngine

/// One random case: what happens to a shard, step by step.
struct RandomCase {
  enum Step {
    case batch([TestRecord], now: Int64)
    case markIdle(Int, now: Int64)
    case advance(now: Int64)
    case snapshot(full: Bool, restore: Bool)
  }

  var configuration: ExecutorConfiguration
  var inputs: Int
  var steps: [Step] = []

  init(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    inputs = Int.random(in: 1...4, using: &random)
    let size = Int64.random(in: 1...25, using: &random)
    configuration = .small(
      size: size, offset: Int64.random(in: 0..<size, using: &random), delay: Int64.random(in: 0...12, using: &random),
      lateness: random.chance(30) ? 0 : Int64.random(in: 0...40, using: &random),
      skew: Int64.random(in: 0...30, using: &random), aggregations: ExecutorConfiguration.allFunctions, fields: 1)
    var now = Int64.random(in: -500...500, using: &random)
    var offsets = [Int64](repeating: 0, count: inputs)
    let spread = Int64.random(in: 1...60, using: &random)
    let keys = Int.random(in: 1...5, using: &random) + (random.chance(10) ? 1 : 0)
    for _ in 0..<Int.random(in: 3...14, using: &random) {
      now += Int64.random(in: random.chance(10) ? -20...0 : 0...20, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0: steps.append(.markIdle(Int.random(in: 0..<inputs, using: &random), now: now))
      case 1: for input in 0..<inputs where random.chance(70) { steps.append(.markIdle(input, now: now)) }
      case 2: steps.append(.advance(now: now))
      case 3: steps.append(.snapshot(full: random.chance(30), restore: random.chance(50)))
      default:
        var records: [TestRecord] = []
        for _ in 0..<Int.random(in: 0...25, using: &random) {
          let input = Int.random(in: 0..<inputs, using: &random)
          var record = TestRecord(
            now + Int64.random(in: (-spread)...(spread / 3), using: &random), input: input, offset: offsets[input])
          // An empty key, short ones, one of a page and more.
          let key = Int.random(in: 0..<keys, using: &random)
          record.key = key == 5 ? [UInt8](repeating: 7, count: 20_000) : Array("key-\(key)".utf8.prefix(key * 5))
          record.cells = [RandomCase.cell(&random)]
          record.status = random.chance(5) ? 3 : 0
          offsets[input] += Int64.random(in: 1...3, using: &random)
          now += random.chance(50) ? 1 : 0
          records.append(record)
        }
        steps.append(.batch(records, now: now))
      }
    }
  }

  /// Values that add up exactly in any order.
  static func cell(_ random: inout SeededGenerator) -> TestCell {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: .missing
    case 1: .double(Double(Int.random(in: -40...40, using: &random)) / 8 + 0.0)
    default: .int(Int64.random(in: -20...20, using: &random))
    }
  }
}
