import Testing

@testable import KafkaPipeline

/// One look at the partitions, and what comes of it; limit 100 ms.
struct DriftCase: CustomTestStringConvertible, Sendable {
  var rule: String
  /// Watermark and whether there is unread; one list for each look.
  var looks: [[(Int64?, Bool?)]]
  var pause: [Int] = []
  var resume: [Int] = []
  var testDescription: String { rule }

  static let all: [DriftCase] = [
    DriftCase(rule: "a partition further ahead than the limit is paused", looks: [[(0, true), (101, true)]], pause: [1]),
    DriftCase(rule: "one at the limit is not", looks: [[(0, true), (100, true)]]),
    DriftCase(rule: "the slowest that has nothing unread holds nobody back", looks: [[(0, false), (500, true)]]),
    DriftCase(rule: "one whose end is unknown does", looks: [[(0, nil), (500, true)]], pause: [1]),
    DriftCase(rule: "a partition without a record stands at minus infinity", looks: [[(nil, true), (0, true), (5, true)]], pause: [1, 2]),
    DriftCase(rule: "a paused one goes on once half of the distance is made up",
      looks: [[(0, true), (150, true)], [(100, true), (150, true)]], resume: [1]),
    DriftCase(rule: "and not before", looks: [[(0, true), (150, true)], [(99, true), (150, true)]]),
    DriftCase(rule: "it goes on when the slow one has reached its end", looks: [[(0, true), (150, true)], [(10, false), (150, true)]],
      resume: [1]),
    DriftCase(rule: "of several paused ones the slowest goes on", looks: [
      [(0, true), (150, true), (400, true)], [(10, false), (150, true), (400, true)]], resume: [1]),
    DriftCase(rule: "the slowest is never paused", looks: [[(700, true), (500, true)]], pause: [0]),
    DriftCase(rule: "ends of time are no trap", looks: [[(.min, true), (.max, true)]], pause: [1]),
    DriftCase(rule: "nothing unread anywhere pauses nobody", looks: [[(0, false), (900, false)]]),
  ]
}

@Suite struct DriftControlTests {
  @Test("Partitions that are read too far ahead wait", arguments: DriftCase.all)
  func rule(_ test: DriftCase) {
    var control = DriftControl(limit: 100)
    var change = DriftControl.Change()
    for look in test.looks {
      change = control.decide(look.map { DriftControl.Partition(watermark: $0.0, hasUnread: $0.1) })
    }
    #expect(change == DriftControl.Change(pause: test.pause, resume: test.resume))
  }

  @Test("Whatever they do, some partition with unread records is never paused, and who is paused is not paused again")
  func alwaysGoesOn() {
    for _ in 0..<2_000 {
      var control = DriftControl(limit: Int64.random(in: 0...50))
      var times = (0..<5).map { _ in Int64.random(in: 0...300) }
      var unread = (0..<5).map { _ in Bool.random() }
      for _ in 0..<20 {
        let before = control.paused
        let change = control.decide(zip(times, unread).map { DriftControl.Partition(watermark: $0, hasUnread: $1) })
        #expect(before.isDisjoint(with: change.pause) && before.isSuperset(of: change.resume))
        let moving = (0..<5).filter { unread[$0] && !control.paused.contains($0) }
        #expect(!moving.isEmpty || !unread.contains(true))
        for index in moving { times[index] += Int64.random(in: 0...60) }
        unread[Int.random(in: 0..<5)].toggle()
      }
    }
  }
}
