import StreamEngine
import Testing

/// States of every kind of window with everything in them: sketches, sets, texts, marks, long keys.
@Suite("States of every kind of window")
struct EveryStateTests {
  static let windows: [WindowPlan] = [
    .tumbling(size: 10, offset: 0), .sliding(size: 20, slide: 7, offset: 3), .session(gap: 6), .count(4, maxAge: 50),
  ]

  static func configuration(_ window: WindowPlan) -> ExecutorConfiguration {
    let numeric: [AggregateFunction] = [.sum, .avg, .min, .max, .variance, .percentile]
    let plans =
      [AggregationPlan(function: .count, field: nil), AggregationPlan(function: .rate, field: nil)]
      + numeric.map { AggregationPlan(function: $0, field: 0) }
      + [AggregateFunction.distinct, .first, .last].map { AggregationPlan(function: $0, field: 1) }
    var configuration = ExecutorConfiguration(window: window, aggregations: plans, fieldCount: 2)
    configuration.maxDelay = 3
    configuration.allowedLateness = 30
    configuration.maxFutureSkew = 1_000
    configuration.earlyInterval = 1
    return configuration
  }

  static func records(_ random: inout SeededGenerator, around time: Int64) -> [TestRecord] {
    (0..<60).map { number in
      var record = TestRecord(time + Int64.random(in: -25...10, using: &random), "key-\(Int.random(in: 0..<5, using: &random))")
      if random.chance(3) { record.key = [UInt8](repeating: 7, count: 20_000) }
      let text = String(repeating: "t", count: Int.random(in: 0...40, using: &random))
      record.cells = [.double(Double.random(in: -9...9, using: &random)), random.chance(50) ? .text(Array(text.utf8)) : .int(Int64(number))]
      record.input = number % 2
      record.offset = time * 100 + Int64(number)
      return record
    }
  }

  static func busy(_ configuration: ExecutorConfiguration, seed: UInt64) throws -> ShardExecutor {
    var random = SeededGenerator(state: seed)
    let executor = ShardExecutor(configuration: configuration, inputs: 2)
    for time: Int64 in [0, 12, 24, 30] {
      _ = try executor.runBatch(records(&random, around: time), now: time)
      executor.emitEarly(now: time)
      _ = try executor.drainAll()
    }
    return executor
  }

  @Test("a restored executor goes on as the one that was copied", arguments: windows)
  func roundTrip(_ window: WindowPlan) throws {
    let configuration = Self.configuration(window)
    for seed: UInt64 in 1...20 {
      let executor = try Self.busy(configuration, seed: seed)
      let restored = try ShardExecutor(configuration: configuration, restoring: executor.snapshot(full: true))
      #expect(restored.keyCount == executor.keyCount && restored.openWindows == executor.openWindows)
      #expect(restored.stateBytes <= executor.stateBytes)
      var random = SeededGenerator(state: seed + 100)
      for time: Int64 in [33, 45, 80] {
        let more = Self.records(&random, around: time)
        let wanted = try executor.runBatch(more, now: time).map { $0.sorted() }
        try #require(try restored.runBatch(more, now: time).map { $0.sorted() } == wanted, "seed \(seed), time \(time)")
        for copy in [executor, restored] { copy.advance(now: time + 60) }
        try #require(try restored.drainAll().sorted() == executor.drainAll().sorted(), "seed \(seed), time \(time)")
      }
    }
  }

  @Test("deltas one upon the other give the state as a whole does", arguments: windows)
  func deltas(_ window: WindowPlan) throws {
    let configuration = Self.configuration(window)
    for seed: UInt64 in 1...20 {
      var random = SeededGenerator(state: seed)
      let executor = ShardExecutor(configuration: configuration, inputs: 2)
      var store = PageStore()
      for time: Int64 in 0..<12 {
        _ = try executor.runBatch(Self.records(&random, around: time * 9), now: time)
        executor.emitEarly(now: time)
        _ = try executor.drainAll()
        store.apply(executor.snapshot(full: time == 0))
      }
      let loaded = try #require(store.load())
      let restored = try ShardExecutor(configuration: configuration, restoring: loaded)
      #expect(restored.keyCount == executor.keyCount)
      let more = Self.records(&random, around: 120) + [TestRecord(500, "end", input: 0), TestRecord(500, "end", input: 1)]
      try #require(
        try restored.runBatch(more, now: 9).map { $0.sorted() } == executor.runBatch(more, now: 9).map { $0.sorted() }, "seed \(seed)")
    }
  }

  @Test("whatever stands in a state, it is refused or gives an executor that works", arguments: windows)
  func anyDamage(_ window: WindowPlan) throws {
    let configuration = Self.configuration(window)
    let good = try Self.busy(configuration, seed: 7).snapshot(full: true)
    var refused = 0
    for seed: UInt64 in 0..<400 {
      var random = SeededGenerator(state: seed)
      var state = good
      for _ in 0...Int.random(in: 0...2, using: &random) {
        let page = Int.random(in: 0..<state.pages.count, using: &random)
        guard !state.pages[page].bytes.isEmpty else { continue }
        let limit = random.chance(60) ? 200 : Int.max
        let place = Int.random(in: 0..<min(state.pages[page].bytes.count, limit), using: &random)
        state.pages[page].bytes[place] = random.chance(50) ? UInt8.random(in: 0...255, using: &random) : state.pages[page].bytes[place] ^ 1
      }
      let restored: ShardExecutor
      do {
        restored = try ShardExecutor(configuration: configuration, restoring: state)
      } catch {
        #expect(!error.message.isEmpty)
        refused += 1
        continue
      }
      #expect(throws: Never.self, "seed \(seed)") {
        _ = try restored.drainAll(capacity: 100)
        for time: Int64 in [33, 60] { _ = try restored.runBatch(Self.records(&random, around: time), now: time) }
        restored.emitEarly(now: 0)
        _ = try restored.drainAll(capacity: 100)
        _ = restored.snapshot(full: true)
        for input in 0..<2 { restored.markIdle(input, now: 0) }
        restored.advance(now: 10_000)
        _ = try restored.drainAll(capacity: 100)
      }
    }
    #expect(refused > 5 && refused < 400)
  }
}
