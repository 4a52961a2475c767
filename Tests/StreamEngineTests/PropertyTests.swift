import Foundation
import StreamEngine
import Testing

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
    var executor = ShardExecutor(configuration: test.configuration, inputs: test.inputs)
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
        try #require(try executor.drainAll().sorted() == wanted, place)
      case .advance(let now):
        let wanted = oracle.advance(now: now)
        executor.advance(now: now)
        try #require(try executor.drainAll().sorted() == wanted, place)
      case .snapshot(let full, let restore):
        store.apply(executor.snapshot(full: full || !hasStored))
        hasStored = true
        guard restore, let state = store.load() else { break }
        earlier = sum(earlier, executor.counters)
        executor = try ShardExecutor(configuration: test.configuration, restoring: state)
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
    let executor = ShardExecutor(configuration: test.configuration, inputs: test.inputs)
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
        note(try executor.drainAll())
      case .advance(let now):
        executor.advance(now: now)
        note(try executor.drainAll())
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
