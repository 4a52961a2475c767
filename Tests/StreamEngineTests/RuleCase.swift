import StreamEngine
import Testing

/// One rule of time and windows as a list of steps and what comes out. 10 ms tumbling windows, 3 ms delay, 5 ms lateness, inputs 0 and
/// 1, every window counts, unless the row says otherwise.
struct RuleCase: CustomTestStringConvertible, Sendable {
  enum Step: Sendable {
    /// One batch of one record each for these timestamps, input 0, key `a`, wall clock far ahead.
    case records([Int64])
    /// One batch of that key.
    case key(String, [Int64])
    /// One batch of any records.
    case batch([TestRecord])
    /// One record of input 1.
    case other(Int64)
    case idle(Int, at: Int64)
    case active(Int)
    case advance(Int64)
    /// A record with the wall clock at `now`.
    case at(now: Int64, Int64)
    /// A record that could not be decoded.
    case bad(Int64)
    /// A record that a filter leaves out, with the wall clock at `now`.
    case filtered(Int64, now: Int64)
    /// A record that vouches for event time, with the wall clock at 0.
    case vouched(Int64, watermark: Int64)
    /// The user sets the watermark of one input, or of all.
    case watermark(Int64, of: Int?)
    case early
  }

  var rule: String
  var window = WindowPlan.tumbling(size: 10, offset: 0)
  var inputs = 1
  var strategy = WatermarkPlan.boundedOutOfOrderness
  var delay: Int64 = 3
  var lateness: Int64 = 5
  var steps: [Step]
  /// `start#revision=count` in order; sessions and count windows with their end, count windows with their sequence:
  /// `start..end/sequence#revision=count`.
  var results: [String]
  var watermark: Int64?
  var dropped: Int64 = 0
  var late: Int64 = 0
  var filtered: Int64 = 0
  var skewed: Int64 = 0

  var testDescription: String { rule }

  /// Does the steps and compares what came out.
  func check() throws {
    var configuration = ExecutorConfiguration.of(window, delay: delay, lateness: lateness)
    configuration.watermark = strategy
    configuration.earlyInterval = 1_000
    let executor = ShardExecutor(configuration: configuration, inputs: inputs)
    var results: [TestResult] = []
    for step in steps {
      try run(step, executor, &results)
      results += try executor.drainAll()
    }
    #expect(results.map(text) == self.results)
    #expect(executor.watermark == watermark)
    #expect(executor.counters.lateDropped == dropped)
    #expect(executor.counters.lateAccepted == late)
    #expect(executor.counters.filtered == filtered)
    #expect(executor.counters.futureSkewed == skewed)
  }

  private func run(_ step: Step, _ executor: ShardExecutor, _ results: inout [TestResult]) throws {
    let later: Int64 = 1 << 40
    var records: [TestRecord] = []
    var now = later
    switch step {
    case .records(let times): records = times.map { TestRecord($0) }
    case .key(let key, let times): records = times.map { TestRecord($0, key) }
    case .batch(let batch): records = batch
    case .other(let time): records = [TestRecord(time, input: 1)]
    case .at(let wall, let time): (records, now) = ([TestRecord(time)], wall)
    case .bad(let time): records = [TestRecord(time, status: 1)]
    case .filtered(let time, let wall): (records, now) = ([TestRecord(time, status: RecordStatus.filtered)], wall)
    case .vouched(let time, let watermark):
      (records, now) = ([TestRecord(time)], 0)
      records[0].watermark = watermark
    case .idle(let input, let now): executor.markIdle(input, now: now)
    case .active(let input): executor.markActive(input)
    case .advance(let now): executor.advance(now: now)
    case .watermark(let time, let input): executor.setWatermark(time, input: input)
    case .early: executor.emitEarly(now: later)
    }
    if !records.isEmpty { results += try executor.run(records, now: now).groups.joined() }
  }

  private func text(_ result: TestResult) -> String {
    let flag = result.flags == ResultBatch.early ? "early " : result.flags == ResultBatch.retracted ? "retracted " : result.flags == 0 ? "" : "? "
    let key = result.key == [97] ? "" : String(decoding: result.key, as: UTF8.self) + "@"
    let place: String
    switch window {
    case .tumbling(let size, _), .sliding(let size, _, _):
      place = result.end == result.start + size ? "\(result.start)" : "\(result.start)..\(result.end)"
    case .session: place = "\(result.start)..\(result.end)"
    case .count: place = "\(result.start)..\(result.end)/\(result.sequence)"
    }
    return flag + key + place + "#\(result.revision)=\(result.cells[0])"
  }
}
