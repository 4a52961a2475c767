import StreamEngine
import Testing

/// One rule of time and windows as a list of steps and what comes out. 10 ms windows, 3 ms delay, 5 ms lateness, inputs 0 and 1
/// unless the row says otherwise; every window counts.
struct RuleCase: CustomTestStringConvertible, Sendable {
  enum Step: Sendable {
    /// One batch of one record each for these timestamps, input 0, key `a`, wall clock far ahead.
    case records([Int64])
    /// One record of input 1.
    case other(Int64)
    case idle(Int, at: Int64)
    case advance(Int64)
    /// A record with the wall clock at `now`.
    case at(now: Int64, Int64)
    /// A record that could not be decoded.
    case bad(Int64)
  }

  var rule: String
  var inputs = 1
  var delay: Int64 = 3
  var lateness: Int64 = 5
  var offset: Int64 = 0
  var steps: [Step]
  /// `start#revision=count` in order.
  var results: [String]
  var watermark: Int64?
  var dropped: Int64 = 0
  var late: Int64 = 0

  var testDescription: String { rule }

  static let all: [RuleCase] = [
    RuleCase(rule: "a window holds its start and not its end", steps: [.records([0, 9, 10, 23])],
      results: ["0#1=2", "10#1=1"], watermark: 20),
    RuleCase(rule: "a window fires when the watermark reaches its end", steps: [.records([5, 13])], results: ["0#1=1"], watermark: 10),
    RuleCase(rule: "a window does not fire a millisecond before", steps: [.records([5, 12])], results: [], watermark: 9),
    RuleCase(rule: "negative timestamps belong to the window below", steps: [.records([-11, -10, -1, 3])],
      results: ["-20#1=1", "-10#1=2"], watermark: 0),
    RuleCase(rule: "an offset shifts the windows", offset: 4, steps: [.records([3, 4, 13, 17])],
      results: ["-6#1=1", "4#1=2"], watermark: 14),
    RuleCase(rule: "windows fire in order of their end", delay: 50, steps: [.records([25, 5, 15, 80])],
      results: ["0#1=1", "10#1=1", "20#1=1"], watermark: 30),
    RuleCase(rule: "an ascending stream fires with the first record past the end", delay: 0, steps: [.records([5, 10])],
      results: ["0#1=1"], watermark: 10),
    RuleCase(rule: "the watermark is the largest timestamp minus the delay and never goes back", steps: [.records([20, 11])],
      results: [], watermark: 17),
    RuleCase(rule: "a late record within the lateness gives a revision", steps: [.records([5, 13]), .records([6])],
      results: ["0#1=1", "0#2=2"], watermark: 10, late: 1),
    RuleCase(rule: "several late records of one batch give one revision", steps: [.records([5, 13]), .records([6, 7, 8])],
      results: ["0#1=1", "0#2=4"], watermark: 10, late: 3),
    RuleCase(rule: "late records of two batches give two revisions", steps: [.records([5, 13]), .records([6]), .records([7])],
      results: ["0#1=1", "0#2=2", "0#3=3"], watermark: 10, late: 2),
    RuleCase(rule: "a key that comes late into a window nobody had begun with has revision 1", steps: [.records([13]), .records([6])],
      results: ["0#1=1"], watermark: 10, late: 1),
    RuleCase(rule: "a record is too late once the watermark reaches end + lateness", steps: [.records([5, 18]), .records([6])],
      results: ["0#1=1"], watermark: 15, dropped: 1),
    RuleCase(rule: "a millisecond before that it is not", steps: [.records([5, 17]), .records([6])],
      results: ["0#1=1", "0#2=2"], watermark: 14, late: 1),
    RuleCase(rule: "without lateness a window is let go as it fires", lateness: 0, steps: [.records([5, 13, 6])],
      results: ["0#1=1"], watermark: 10, dropped: 1),
    RuleCase(rule: "lateness is judged record by record, within a batch too", steps: [.records([5, 13, 6, 18, 7])],
      results: ["0#1=1", "0#2=2"], watermark: 15, dropped: 1, late: 1),
    RuleCase(rule: "a revision goes out before its window is let go", lateness: 5, steps: [.records([5, 13, 6, 30])],
      results: ["0#1=1", "0#2=2", "10#1=1"], watermark: 27, late: 1),
    RuleCase(rule: "a record that is too late moves its own partition's watermark", inputs: 2,
      steps: [.records([100]), .other(50), .idle(1, at: 0), .other(60)], results: ["50#1=1"], watermark: 97, dropped: 1),
    RuleCase(rule: "the slowest partition holds the watermark back", inputs: 2, steps: [.records([5, 40]), .other(12)],
      results: [], watermark: 9),
    RuleCase(rule: "a partition without a record holds the watermark back", inputs: 2, steps: [.records([5, 40])],
      results: [], watermark: nil),
    RuleCase(rule: "an idle partition does not", inputs: 2, steps: [.records([5, 40]), .idle(1, at: 0)],
      results: ["0#1=1"], watermark: 37),
    RuleCase(rule: "a returning partition holds back again and pulls nothing back", inputs: 2, delay: 0,
      steps: [.records([5, 19]), .idle(1, at: 0), .other(12), .records([30])], results: ["0#1=1"], watermark: 19),
    RuleCase(rule: "when all are idle event time goes on with the wall clock", steps: [.records([5]), .idle(0, at: 1_000), .advance(1_008)],
      results: ["0#1=1"], watermark: 10),
    RuleCase(rule: "and not faster", steps: [.records([5]), .idle(0, at: 1_000), .advance(1_007)], results: [], watermark: 9),
    RuleCase(rule: "a wall clock that goes back moves nothing back",
      steps: [.records([5]), .idle(0, at: 1_000), .advance(1_008), .advance(500)], results: ["0#1=1"], watermark: 10),
    RuleCase(rule: "time does not go on while one partition is not idle", inputs: 2,
      steps: [.records([5]), .other(6), .idle(0, at: 1_000), .advance(5_000)], results: [], watermark: 3),
    RuleCase(rule: "a record ends the time of the wall clock",
      steps: [.records([5]), .idle(0, at: 1_000), .advance(1_002), .records([6]), .advance(9_000)], results: [], watermark: 4),
    RuleCase(rule: "without any record there is no time to go on from", inputs: 2,
      steps: [.idle(0, at: 0), .idle(1, at: 0), .advance(1_000_000)], results: [], watermark: nil),
    RuleCase(rule: "partitions that never had a record are left out of the time to go on from", inputs: 2,
      steps: [.records([5]), .idle(0, at: 900), .idle(1, at: 1_000), .advance(1_008)], results: ["0#1=1"], watermark: 10),
    RuleCase(rule: "a record at the limit of future skew moves the watermark", steps: [.at(now: 0, 5), .at(now: 0, 1_000)],
      results: ["0#1=1"], watermark: 997),
    RuleCase(rule: "a record beyond it is counted and moves no watermark",
      steps: [.at(now: 0, 5), .at(now: 0, 1_001), .at(now: 1_000_000, 1_020)],
      results: ["0#1=1", "1000#1=1"], watermark: 1_017),
    RuleCase(rule: "a record that could not be decoded is passed over entirely", steps: [.records([5]), .bad(100)],
      results: [], watermark: 2),
  ]
}

@Suite("Windows and watermarks")
struct WindowRuleTests {
  @Test("rule", arguments: RuleCase.all)
  func holds(_ rule: RuleCase) throws {
    let configuration = ExecutorConfiguration.small(offset: rule.offset, delay: rule.delay, lateness: rule.lateness)
    let executor = StreamExecutor(configuration: configuration, inputs: rule.inputs)
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
      results += executor.drainAll()
    }
    #expect(results.map { "\($0.start)#\($0.revision)=\($0.cells[0])" } == rule.results)
    #expect(executor.watermark == rule.watermark)
    #expect(executor.counters.lateDropped == rule.dropped)
    #expect(executor.counters.lateAccepted == rule.late)
  }

  @Test("nothing is processed while results are pending, and a drain takes no more than fits")
  func pendingHoldsProcessing() throws {
    let executor = StreamExecutor(configuration: .small(), inputs: 1)
    let records = [TestRecord(1, "a"), TestRecord(2, "b"), TestRecord(3, "c"), TestRecord(20), TestRecord(21)]
    let batch = TestBatch(records, fieldCount: 0)
    #expect(try executor.process(batch.columns, from: 0, to: 5, now: 0) == 4)
    #expect(try executor.process(batch.columns, from: 4, to: 5, now: 0) == 4)
    let results = ResultBatch(capacity: 2, aggregationCount: 1)
    executor.drainResults(into: results)
    #expect(results.count == 2)
    #expect(executor.hasPendingResults)
    #expect(try executor.process(batch.columns, from: 4, to: 5, now: 0) == 4)
    executor.drainResults(into: results)
    #expect(results.count == 2)
    results.removeAll()
    executor.drainResults(into: results)
    #expect(results.count == 1)
    #expect(!executor.hasPendingResults)
    #expect(try executor.process(batch.columns, from: 4, to: 5, now: 0) == 5)
    #expect(executor.counters.onTime == 5)
    #expect(executor.counters.windowsFired == 1)
  }

  @Test("a result's key is still there after its window ended, until the next call")
  func keyOutlivesWindow() throws {
    let executor = StreamExecutor(configuration: .small(lateness: 0), inputs: 1)
    let key = String(repeating: "k", count: 40_000)
    let records = [TestRecord(1, key), TestRecord(50)]
    let batch = TestBatch(records, fieldCount: 0)
    #expect(try executor.process(batch.columns, from: 0, to: 2, now: 100) == 2)
    let results = ResultBatch(capacity: 4, aggregationCount: 1)
    executor.drainResults(into: results)
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
        let executor = StreamExecutor(configuration: configuration, inputs: 1)
        let times = [0, Int64.min, Int64.min + 1, Int64.max - 1, Int64.max, -1, Int64.min]
        let results = try executor.runBatch(times.map { TestRecord($0) }, now: Int64.max).joined()
        executor.markIdle(0, now: Int64.min)
        executor.advance(now: Int64.max)
        let after = executor.drainAll()
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
