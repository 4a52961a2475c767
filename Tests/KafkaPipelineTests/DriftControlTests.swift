import StreamEngine
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

  @Test("A limit that is not given goes by the window: ten of them, at least ten minutes", arguments: [
    (WindowPlan.tumbling(size: 59_999, offset: 0), 600_000), (.tumbling(size: 60_001, offset: 0), 600_010),
    (.sliding(size: 3_600_000, slide: 1_000, offset: 0), 36_000_000), (.session(gap: 100_000), 1_000_000), (.session(gap: 1), 600_000),
    (.count(1_000_000, maxAge: nil), 600_000), (.tumbling(size: .max, offset: 0), .max),
  ] as [(WindowPlan, Int64)])
  func automatic(window: WindowPlan, limit: Int64) {
    let control = DriftControl(maxDriftMs: nil, window: window)
    #expect(control.limit == limit && control.slackRecords > 0)
    #expect(DriftControl(maxDriftMs: 7, window: window) == DriftControl(limit: 7))
  }

  @Test("With slack a partition waits only once it has brought so many records beyond the limit, or so much event time")
  func slack() {
    var control = DriftControl(limit: 100, slackRecords: 1_000, slackMs: 500)
    func look(_ ahead: Int64, _ position: Int64) -> DriftControl.Change {
      control.decide([.init(watermark: 0, hasUnread: true), .init(watermark: ahead, hasUnread: true, position: position)])
    }
    #expect(look(150, 5_000) == .init())
    #expect(look(160, 5_999) == .init())
    // Back within the limit, the count begins anew.
    #expect(look(90, 6_000) == .init())
    #expect(look(150, 6_500) == .init())
    #expect(look(150, 7_499) == .init())
    #expect(look(150, 7_500) == .init(pause: [1]))
    #expect(look(40, 7_500) == .init(resume: [1]))
    #expect(look(601, 7_501) == .init(pause: [1]))
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
