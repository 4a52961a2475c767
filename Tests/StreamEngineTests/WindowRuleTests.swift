import StreamEngine
import Testing

@Suite("Windows and watermarks")
struct WindowRuleTests {
  @Test("tumbling windows, firing, lateness, revisions", arguments: RuleCase.tumbling)
  func tumbling(_ rule: RuleCase) throws { try rule.check() }

  @Test("sliding windows", arguments: RuleCase.sliding)
  func sliding(_ rule: RuleCase) throws { try rule.check() }

  @Test("sessions", arguments: RuleCase.session)
  func session(_ rule: RuleCase) throws { try rule.check() }

  @Test("count windows", arguments: RuleCase.count)
  func count(_ rule: RuleCase) throws { try rule.check() }

  @Test("early emission", arguments: RuleCase.early)
  func early(_ rule: RuleCase) throws { try rule.check() }

  @Test("watermarks", arguments: RuleCase.watermarks)
  func watermark(_ rule: RuleCase) throws { try rule.check() }

  @Test("each record's outcome is the best that happened to it in any window")
  func outcomes() throws {
    let executor = ShardExecutor(configuration: .of(.sliding(size: 10, slide: 5, offset: 0)), inputs: 1)
    // The watermark is 15 from the second record on: [0, 10) is gone, [5, 15) kept, [10, 20) open.
    let records = [
      TestRecord(7), TestRecord(18), TestRecord(4), TestRecord(9), TestRecord(12), TestRecord(13, status: RecordStatus.filtered),
      TestRecord(13, status: 7),
    ]
    let outcomes = try executor.run(records, now: 1_000).outcomes
    #expect(
      outcomes == [
        RecordOutcome.onTime, RecordOutcome.onTime, RecordOutcome.lateDropped, RecordOutcome.lateAccepted, RecordOutcome.onTime,
        RecordOutcome.filtered, RecordOutcome.none,
      ])
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
}
