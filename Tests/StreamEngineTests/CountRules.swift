import StreamEngine

extension RuleCase {
  /// Windows of 3 records.
  static let count: [RuleCase] = [
    RuleCase(rule: "every n records of a key make a window from its smallest to its largest timestamp", window: .count(3, maxAge: nil),
      steps: [.records([5, 1, 9, 7])], results: ["1..9/1#1=3"], watermark: 6),
    RuleCase(rule: "its sequence counts from 1", window: .count(3, maxAge: nil),
      steps: [.records([1, 2, 3, 4]), .records([5, 6, 7])], results: ["1..3/1#1=3", "4..6/2#1=3"], watermark: 4),
    RuleCase(rule: "each key has its own", window: .count(3, maxAge: nil),
      steps: [.records([1, 2]), .key("b", [3, 4, 5]), .records([6])], results: ["b@3..5/1#1=3", "1..6/1#1=3"], watermark: 3),
    RuleCase(rule: "in the order in which they come, from whichever input", window: .count(3, maxAge: nil), inputs: 2,
      steps: [.records([1]), .other(2), .records([3])], results: ["1..3/1#1=3"], watermark: -1),
    RuleCase(rule: "no record is late", window: .count(3, maxAge: nil), steps: [.records([1_000, 1, 2])],
      results: ["1..1000/1#1=3"], watermark: 997),
    RuleCase(rule: "windows of one record", window: .count(1, maxAge: nil), steps: [.records([7, 5])],
      results: ["7..7/1#1=1", "5..5/2#1=1"], watermark: 4),
    RuleCase(rule: "neither the watermark nor idle time ends one", window: .count(3, maxAge: nil),
      steps: [.records([5, 500]), .idle(0, at: 0), .advance(100_000)], results: [], watermark: 100_497),
    RuleCase(rule: "a record that a filter drops or that is bad does not count", window: .count(3, maxAge: nil),
      steps: [.records([1, 2]), .filtered(3, now: 100), .bad(4), .records([5])], results: ["1..5/1#1=3"], watermark: 2, filtered: 1),

    RuleCase(rule: "max_age ends an unfinished one", window: .count(3, maxAge: 50), steps: [.at(now: 1_000, 5), .advance(1_050)],
      results: ["5..5/1#1=1"], watermark: 2),
    RuleCase(rule: "a millisecond before it does not", window: .count(3, maxAge: 50), steps: [.at(now: 1_000, 5), .advance(1_049)],
      results: [], watermark: 2),
    RuleCase(rule: "the age counts from the first record", window: .count(3, maxAge: 50),
      steps: [.at(now: 1_000, 5), .at(now: 1_040, 6), .advance(1_050)], results: ["5..6/1#1=2"], watermark: 3),
    RuleCase(rule: "the sequence goes on after it", window: .count(3, maxAge: 50),
      steps: [.at(now: 1_000, 5), .advance(1_050), .at(now: 1_060, 6), .at(now: 1_061, 7), .at(now: 1_062, 8)],
      results: ["5..5/1#1=1", "6..8/2#1=3"], watermark: 5),
    RuleCase(rule: "a full one leaves no age to the next", window: .count(3, maxAge: 50),
      steps: [.at(now: 1_000, 5), .at(now: 1_001, 6), .at(now: 1_002, 7), .at(now: 1_040, 8), .advance(1_060), .advance(1_090)],
      results: ["5..7/1#1=3", "8..8/2#1=1"], watermark: 5),
    RuleCase(rule: "a window without records has no age", window: .count(3, maxAge: 50),
      steps: [.at(now: 1_000, 5), .advance(1_050), .advance(9_000)], results: ["5..5/1#1=1"], watermark: 2),
    RuleCase(rule: "a wall clock that goes back ends none", window: .count(3, maxAge: 50),
      steps: [.at(now: 1_000, 5), .advance(900)], results: [], watermark: 2),
  ]
}
