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
