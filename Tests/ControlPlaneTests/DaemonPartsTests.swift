import Foundation
import Glibc
import KafkaPipeline
import Testing

@testable import ControlPlane

struct DaemonPartsTests {
  /// What the writer wrote.
  private func logged(_ level: LogLevel, _ body: (LogWriter) -> Void) throws -> [String] {
    let folder = try TestFolder()
    let file = folder.path + "/log"
    let descriptor = open(file, O_WRONLY | O_CREAT, 0o600)
    try #require(descriptor >= 0)
    let writer = LogWriter(level: level, descriptor: descriptor)
    body(writer)
    writer.flush()
    close(descriptor)
    return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test("A log line has time, level, pipeline and message, on one line whatever the message holds")
  func logLine() throws {
    let lines = try logged(.info) { log in
      log.log("info", "a", "hello\n2026 error forged\u{1B}[2J")
      log.log("debug", nil, "not wanted")
      log.log("error", nil, "plain")
    }
    #expect(lines.count == 2)
    #expect(lines[0].wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info pipeline=a hello 2026 error forged \[2J/) != nil, "\(lines[0])")
    #expect(lines[1].hasSuffix("Z error plain"))
  }

  @Test("Trouble that repeats with other numbers is written once a minute")
  func repeats() throws {
    let lines = try logged(.info) { log in
      for number in 0..<100 { log.log("warning", "a", "broker \(number) is down") }
      log.log("warning", "b", "broker 1 is down")
    }
    #expect(lines.count == 2)
    var limit = RepeatLimit()
    #expect(limit.pass("x 1", at: 0) == 0 && limit.pass("x 2", at: 1) == nil && limit.pass("x 3", at: 59_999) == nil)
    #expect(limit.pass("x 4", at: 60_000) == 2)
  }

  @Test("Rates are over the last 10 s and the last minute, and none before there is something to compare")
  func rates() {
    var ring = StatsRing()
    func sample(_ second: Int64, _ consumed: Int64) -> StatsSample {
      var stats = KafkaStreamStats()
      stats.messagesConsumed = consumed
      stats.messagesProduced = consumed / 10
      return StatsSample(stats, at: second * 1_000, steadyAt: second * 1_000)
    }
    #expect(ring.rate(overMs: 10_000, to: sample(0, 0)) == nil)
    for second in 0..<200 as Range<Int64> { ring.add(sample(second, second < 195 ? 0 : (second - 194) * 1_000)) }
    let now = sample(200, 6_000)
    #expect(ring.rate(overMs: 10_000, to: now)?.consumed == 600)
    #expect(ring.rate(overMs: 60_000, to: now)?.consumed == 100)
    #expect(ring.rate(overMs: 60_000, to: now)?.produced == 10)
  }

  @Test("The limit of open files is raised to what is allowed")
  func descriptors() {
    #expect(Descriptors.raiseLimit() > 0)
  }
}
