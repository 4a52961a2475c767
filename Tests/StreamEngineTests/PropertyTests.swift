import Foundation
import StreamEngine
import Testing

/// A small generator of its own, so that a seed gives the same cases everywhere (SplitMix64: Steele, Lea, Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Keeps pages as a store does: a full snapshot replaces all, a delta replaces single pages and drops slices.
struct PageStore {
  private struct Place: Hashable {
    var slice: Int64
    var kind: StatePage.Kind
    var number: Int
  }
  private var pages: [Place: StatePage] = [:]
  private var latest: ShardState?

  mutating func apply(_ state: ShardState) {
    if state.isFull { pages = [:] }
    let removed = Set(state.removedSlices)
    pages = pages.filter { !removed.contains($0.key.slice) }
    for page in state.pages { pages[Place(slice: page.sliceStart, kind: page.kind, number: page.number)] = page }
    latest = state
  }

  /// The state as read back, pages in no particular order.
  func load() -> ShardState? {
    guard var state = latest else { return nil }
    state.pages = Array(pages.values)
    state.removedSlices = []
    state.isFull = true
    return state
  }
}

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

@Suite("Random cases against the oracle")
struct PropertyTests {
  static let cases: UInt64 = 2_000

  static let seeds: [UInt64] = {
    if let text = ProcessInfo.processInfo.environment["PENSTOCK_SEED"], let seed = UInt64(text) { return [seed] }
    let first = UInt64.random(in: 0 ... UInt64.max / 2)
    print("StreamEngine random cases: seeds \(first) ... \(first + cases - 1); PENSTOCK_SEED=<seed> replays one")
    return (0..<cases).map { first + $0 }
  }()

  @Test("results, revisions, counters and times equal those of a plain recomputation, over restarts too")
  func equalsOracle() throws {
    var results = 0
    for seed in PropertyTests.seeds {
      results += try PropertyTests.compare(RandomCase(seed: seed), seed)
    }
    #expect(results > PropertyTests.seeds.count / 2)
  }

  private static func compare(_ test: RandomCase, _ seed: UInt64) throws -> Int {
    let oracle = Oracle(test.configuration, inputs: test.inputs)
    var executor = StreamExecutor(configuration: test.configuration, inputs: test.inputs)
    var store = PageStore()
    var earlier = ExecutorCounters()
    var hasStored = false
    var results = 0
    for (number, step) in test.steps.enumerated() {
      let place: Comment = "seed \(seed), step \(number)"
      switch step {
      case .batch(let records, let now):
        let wanted = oracle.batch(records, now: now)
        let got = try executor.runBatch(records, now: now)
        try #require(got == wanted, place)
        results += got.count
      case .markIdle(let input, let now):
        let wanted = oracle.markIdle(input, now: now)
        executor.markIdle(input, now: now)
        try #require(executor.drainAll().sorted() == wanted, place)
      case .advance(let now):
        let wanted = oracle.advance(now: now)
        executor.advance(now: now)
        try #require(executor.drainAll().sorted() == wanted, place)
      case .snapshot(let full, let restore):
        store.apply(executor.snapshot(full: full || !hasStored))
        hasStored = true
        guard restore, let state = store.load() else { break }
        earlier = sum(earlier, executor.counters)
        executor = try StreamExecutor(configuration: test.configuration, restoring: state)
      }
      try #require(executor.watermark == oracle.watermark, place)
      try #require(sum(earlier, executor.counters) == oracle.counters, place)
      try #require(executor.keyCount == oracle.keyCount, place)
      try #require(executor.largestRevision == Int(oracle.largestRevision), place)
      try #require(executor.openWindows == oracle.windows.values.count { !$0.fired }, place)
      for input in 0..<test.inputs {
        try #require(executor.replayFrom(input) == oracle.replayFrom(input), place)
        let time = InputTime(watermark: oracle.watermarks[input], idle: oracle.idle[input])
        try #require(executor.inputTime(input) == time, place)
      }
    }
    return results
  }

  @Test("the same records cut into other batches give equal windows and counters")
  func cutsMakeNoDifference() throws {
    for seed in PropertyTests.seeds.prefix(400) {
      let test = RandomCase(seed: seed)
      let whole = try PropertyTests.last(test, cut: nil)
      let one = try PropertyTests.last(test, cut: 1)
      let some = try PropertyTests.last(test, cut: Int(seed % 7) + 2)
      try #require(whole.figures == one.figures && whole.counters == one.counters, "seed \(seed)")
      try #require(whole.figures == some.figures && whole.counters == some.counters, "seed \(seed)")
    }
  }

  /// The last figures of each key and window, with batches cut into pieces.
  private static func last(_ test: RandomCase, cut: Int?) throws -> (figures: [String: [TestCell]], counters: ExecutorCounters) {
    let executor = StreamExecutor(configuration: test.configuration, inputs: test.inputs)
    var figures: [String: [TestCell]] = [:]
    func note(_ results: [TestResult]) {
      for result in results { figures["\(result.start) \(result.key)"] = result.cells }
    }
    for step in test.steps {
      switch step {
      case .batch(let records, let now):
        var rest = records[...]
        while !rest.isEmpty {
          let piece = rest.prefix(cut ?? rest.count)
          rest = rest.dropFirst(piece.count)
          try executor.runBatch(Array(piece), now: now).forEach(note)
        }
      case .markIdle(let input, let now):
        executor.markIdle(input, now: now)
        note(executor.drainAll())
      case .advance(let now):
        executor.advance(now: now)
        note(executor.drainAll())
      case .snapshot: break
      }
    }
    return (figures, executor.counters)
  }

  private static func sum(_ a: ExecutorCounters, _ b: ExecutorCounters) -> ExecutorCounters {
    var sum = a
    sum.onTime += b.onTime
    sum.lateAccepted += b.lateAccepted
    sum.lateDropped += b.lateDropped
    sum.filtered += b.filtered
    sum.windowsFired += b.windowsFired
    sum.futureSkewed += b.futureSkewed
    return sum
  }
}
