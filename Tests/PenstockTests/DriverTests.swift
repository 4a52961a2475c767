import Penstock
import Testing

@Suite struct DriverTests {
  private func driver(
    _ builder: StreamPipelineBuilder<Reading> = seconds, partitions: Int = 1, keyScope: KeyScope = .global, now: Int64 = late
  ) throws -> PipelineTestDriver {
    try PipelineTestDriver(
      executor: builder.withAggregation(.count, as: "n").build().makeExecutor(), partitions: partitions, keyScope: keyScope, now: now)
  }

  private func starts(_ driver: PipelineTestDriver) -> [Int64] { driver.takeResults().map(\.windowStart.milliseconds) }

  @Test("Records are decoded, aggregated and come out as results, once")
  func results() throws {
    let driver = try driver()
    try driver.feed(#"{"timestamp": 0, "sensor": "a", "value": 1}"#)
    try driver.feed(events: [Reading(1), Reading(1_000)])
    #expect(driver.results == [WindowResult(key: "a", windowStart: 0, windowEnd: 1_000, values: ["n": 2])])
    #expect(driver.takeResults().count == 1)
    #expect(driver.takeResults().isEmpty)
    #expect(driver.watermark == 1_000)
  }

  @Test("A Schema Registry's prefix is passed over")
  func prefix() throws {
    let driver = try driver()
    try driver.feed(TestRecord(value: [0, 0, 0, 0, 7] + Array(#"{"timestamp": 3, "sensor": "a", "value": 1}"#.utf8)))
    #expect(driver.watermark == 3)
  }

  @Test(
    "A record that cannot be used is skipped with its reason, and the rest goes on",
    arguments: [
      (nil, "tombstone"), ("", "empty"), ("{", "not_json"), ("[]", "bad_field"), (#"{"timestamp": 1}"#, "bad_field"),
      (#"{"timestamp": "1", "sensor": "a", "value": 1}"#, "bad_field"), (#"{"timestamp": 99000000000, "sensor": "a", "value": 1}"#, "timestamp_in_future"),
    ])
  func skipped(value: String?, reason: String) throws {
    let driver = try driver()
    let record = TestRecord(value: value.map { Array($0.utf8) })
    try driver.feed([record, TestRecord(#"{"timestamp": 5, "sensor": "a", "value": 1}"#)])
    #expect(driver.skippedRecords.map(\.reason) == [reason])
    #expect(driver.skippedRecords.first?.record.value == record.value)
    #expect(driver.skippedRecords.first?.record.offset == 0)
    #expect(driver.watermark == 5)
    #expect(driver.stats.skipped == [reason: 1])
    #expect(driver.stats.messagesConsumed == 2)
    #expect(driver.stats.onTime == 1)
  }

  @Test("A record that comes too late is listed with its place")
  func lateRecords() throws {
    let driver = try driver(partitions: 1)
    try driver.feed(events: [Reading(0), Reading(5_000), Reading(1)])
    #expect(driver.lateRecords.map(\.offset) == [2])
    #expect(driver.stats.lateDropped == 1)
  }

  @Test("A record below the next offset was read before and is passed over")
  func offsets() throws {
    let driver = try driver()
    for offset in [5, 5, 4, 9] as [Int64] { try driver.feed(#"{"timestamp": 0, "sensor": "a", "value": 1}"#, offset: offset) }
    #expect(driver.stats.messagesConsumed == 2)
  }

  @Test("The last window comes out by the clock: first the idle timeout, then the rest of the window")
  func idle() throws {
    let driver = try driver(seconds.withIdleTimeout(milliseconds: 10_000), partitions: 2)
    try driver.feed(events: [Reading(200)], partition: 0)
    try driver.advanceClock(byMilliseconds: 4_000)
    try driver.feed(events: [Reading(100)], partition: 1)
    try driver.advanceClock(byMilliseconds: 6_000)
    #expect(driver.isIdle(partition: 0))
    #expect(!driver.isIdle(partition: 1))
    #expect(driver.watermark == 100)
    // Idle after 4,000 more at 100; 900 more until the window's end.
    try driver.advanceClock(byMilliseconds: 4_899)
    #expect(starts(driver) == [])
    try driver.advanceClock(byMilliseconds: 1)
    #expect(starts(driver) == [0])
  }

  @Test("One long move of the clock is as many short ones")
  func moves() throws {
    var all: [[WindowResult]] = []
    for step in [40_000, 100, 7_919] as [Int64] {
      let driver = try driver(seconds.withIdleTimeout(milliseconds: 10_000), partitions: 3)
      for partition in 0..<3 { try driver.feed(events: [Reading(Int64(partition) * 700), Reading(Int64(partition) * 900 + 50)], partition: partition) }
      var left: Int64 = 40_000
      while left > 0 {
        try driver.advanceClock(byMilliseconds: min(step, left))
        left -= step
      }
      #expect(driver.watermark == 31_850)
      all.append(driver.takeResults())
    }
    #expect(all[0].count == 2)
    #expect(all[0] == all[1])
    #expect(all[0] == all[2])
  }

  @Test("A partition with unread records does not become idle, whatever the clock says")
  func unread() throws {
    let driver = try driver(partitions: 2)
    try driver.feed(events: [Reading(0)], partition: 0)
    driver.setUnread(true, partition: 1)
    try driver.advanceClock(byMilliseconds: 86_400_000)
    #expect(driver.isIdle(partition: 0))
    #expect(!driver.isIdle(partition: 1))
    #expect(driver.watermark == nil)
    driver.setUnread(false, partition: 1)
    try driver.advanceClock(byMilliseconds: 0)
    #expect(driver.isIdle(partition: 1))
  }

  @Test("When one of the idle returns, those with unread records hold it back again")
  func returning() throws {
    let driver = try driver(partitions: 2)
    for partition in 0..<2 { try driver.feed(events: [Reading(0)], partition: partition) }
    try driver.advanceClock(byMilliseconds: 60_000)
    #expect(driver.isIdle(partition: 0) && driver.isIdle(partition: 1))
    driver.setUnread(true, partition: 1)
    try driver.feed(events: [Reading(500_000)], partition: 0)
    #expect(!driver.isIdle(partition: 1))
    #expect(driver.watermark == 0)
  }

  @Test("With the scope partition each has its own event time and windows")
  func scope() throws {
    let driver = try driver(partitions: 2, keyScope: .partition)
    try driver.feed(events: [Reading(0), Reading(1_000)], partition: 0)
    try driver.feed(events: [Reading(0), Reading(2_500)], partition: 1)
    #expect(driver.takeResults().count == 2)
    #expect(driver.watermark == 1_000)
    #expect(driver.watermark(ofPartition: 1) == 2_500)
  }

  @Test("A record far ahead of the clock counts and closes nothing")
  func skew() throws {
    let driver = try driver(now: 10_000)
    try driver.feed(events: [Reading(0), Reading(20_001)])
    #expect(driver.watermark == 0)
    try driver.feed(events: [Reading(20_000)])
    #expect(driver.watermark == 20_000)
  }

  @Test("A snapshot at any record goes on as if nothing had been, also after other records", arguments: 0..<22)
  func snapshots(at cut: Int) throws {
    let times = (0..<20).map { Int64(($0 * 7) % 20) * 450 }
    let events = times.enumerated().map { Reading($1, "key-\($0 % 3)") } + [Reading(12_000), Reading(1)]
    let builder = seconds.withWatermark(.boundedOutOfOrderness(milliseconds: 2_000)).withAllowedLateness(milliseconds: 3_000)
    let whole = try driver(builder, partitions: 2)
    let broken = try driver(builder, partitions: 2)
    var first: [WindowResult] = []
    for (index, event) in events.enumerated() {
      for driver in [whole, broken] { try driver.feed(events: [event], partition: index % 2) }
      guard index == cut else { continue }
      let snapshot = broken.snapshot()
      let before = broken.results
      for partition in 0..<2 { try broken.feed(events: [Reading(30_000), Reading(20)], partition: partition) }
      try broken.restore(from: snapshot)
      // What came out after the snapshot comes again: at least once.
      _ = broken.takeResults()
      first = before
    }
    for driver in [whole, broken] { try driver.advanceClock(byMilliseconds: 200_000) }
    #expect(whole.results.count > 10)
    #expect(first + broken.results == whole.results)
    #expect(broken.watermark == whole.watermark)
  }

  @Test("A snapshot of another number of partitions is refused")
  func otherSnapshot() throws {
    let snapshot = try driver(partitions: 2).snapshot()
    let other = try driver(partitions: 1)
    #expect { try other.restore(from: snapshot) } throws: { ($0 as? PipelineFailure)?.code == "state.damaged" }
  }

  @Test("Limits fail with the code of a running pipeline")
  func limits() throws {
    let driver = try driver(seconds.withLimits(maxKeys: 1))
    #expect { try driver.feed(events: [Reading(0, "a"), Reading(0, "b")]) } throws: {
      ($0 as? PipelineFailure)?.code == "state.limit_exceeded"
    }
  }
}
