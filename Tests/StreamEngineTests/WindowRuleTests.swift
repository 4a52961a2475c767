import StreamEngine
import Testing

@Suite("Windows and watermarks")
struct WindowRuleTests {
  @Test("rule", arguments: RuleCase.all)
  func holds(_ rule: RuleCase) throws {
    let configuration = ExecutorConfiguration.small(offset: rule.offset, delay: rule.delay, lateness: rule.lateness)
    let executor = ShardExecutor(configuration: configuration, inputs: rule.inputs)
    var results: [TestResult] = []
    let late: Int64 = 1 << 40
    for step in rule.steps {
      switch step {
      case .records(let times): results += try executor.runBatch(times.map { TestRecord($0) }, now: late).joined()
      case .other(let time): results += try executor.runBatch([TestRecord(time, input: 1)], now: late).joined()
      case .idle(let input, let now): executor.markIdle(input, now: now)
      case .advance(let now): executor.advance(now: now)
      case .at(let now, let time): results += try executor.runBatch([TestRecord(time)], now: now).joined()
      case .bad(let time): results += try executor.runBatch([TestRecord(time, status: 1)], now: late).joined()
      }
      results += try executor.drainAll()
    }
    #expect(results.map { "\($0.start)#\($0.revision)=\($0.cells[0])" } == rule.results)
    #expect(executor.watermark == rule.watermark)
    #expect(executor.counters.lateDropped == rule.dropped)
    #expect(executor.counters.lateAccepted == rule.late)
  }

  @Test("nothing is processed while results are pending, and a drain takes no more than fits")
  func pendingHoldsProcessing() throws {
    let executor = ShardExecutor(configuration: .small(), inputs: 1)
    let records = [TestRecord(1, "a"), TestRecord(2, "b"), TestRecord(3, "c"), TestRecord(20), TestRecord(21)]
    let batch = TestBatch(records, fieldCount: 0)
    #expect(try executor.process(batch.columns, from: 0, to: 5, now: 0) == 4)
    #expect(try executor.process(batch.columns, from: 4, to: 5, now: 0) == 4)
    let results = ResultBatch(capacity: 2, aggregationCount: 1)
    try executor.drainResults(into: results)
    #expect(results.count == 2)
    #expect(executor.hasPendingResults)
    #expect(try executor.process(batch.columns, from: 4, to: 5, now: 0) == 4)
    try executor.drainResults(into: results)
    #expect(results.count == 2)
    results.removeAll()
    try executor.drainResults(into: results)
    #expect(results.count == 1)
    #expect(!executor.hasPendingResults)
    #expect(try executor.process(batch.columns, from: 4, to: 5, now: 0) == 5)
    #expect(executor.counters.onTime == 5)
    #expect(executor.counters.windowsFired == 1)
  }

  @Test("a result's key is still there after its window ended, until the next call")
  func keyOutlivesWindow() throws {
    let executor = ShardExecutor(configuration: .small(lateness: 0), inputs: 1)
    let key = String(repeating: "k", count: 40_000)
    let records = [TestRecord(1, key), TestRecord(50)]
    let batch = TestBatch(records, fieldCount: 0)
    #expect(try executor.process(batch.columns, from: 0, to: 2, now: 100) == 2)
    let results = ResultBatch(capacity: 4, aggregationCount: 1)
    try executor.drainResults(into: results)
    try #require(results.count == 1)
    #expect(executor.keyCount == 1)
    let bytes = UnsafeBufferPointer(start: results.keys[0], count: Int(results.keyLengths[0]))
    #expect(Array(bytes) == records[0].key)
    let before = executor.stateBytes
    executor.endBatch()
    #expect(executor.stateBytes < before - 40_000)
  }

  @Test("timestamps at the ends of Int64 are counted and trap nothing")
  func extremeTimes() throws {
    for size: Int64 in [1, 7, 1_000, Int64.max] {
      for delay: Int64 in [0, 5, Int64.max] {
        let configuration = ExecutorConfiguration.small(
          size: size, offset: size / 2, delay: delay, lateness: Int64.max, skew: Int64.max)
        let executor = ShardExecutor(configuration: configuration, inputs: 1)
        let times = [0, Int64.min, Int64.min + 1, Int64.max - 1, Int64.max, -1, Int64.min]
        let results = try executor.runBatch(times.map { TestRecord($0) }, now: Int64.max).joined()
        executor.markIdle(0, now: Int64.min)
        executor.advance(now: Int64.max)
        let after = try executor.drainAll()
        let counted = executor.counters.onTime + executor.counters.lateAccepted
        #expect(counted + executor.counters.lateDropped == 7)
        #expect(counted >= 4)
        var last: [Int64: Int64] = [:]
        for result in results + after {
          guard case .int(let count) = result.cells[0] else { continue }
          last[result.start] = count
        }
        #expect(last.values.reduce(0, +) == counted)
        #expect(executor.watermark == Int64.max)
      }
    }
  }
}
