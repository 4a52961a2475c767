import Penstock
import Testing

/// Each window, watermark and emission through the library, once; the rules themselves are tested at the engine.
@Suite struct WindowTests {
  private typealias Row = [Int64]

  private func executor(_ builder: StreamPipelineBuilder<Reading>, partitions: Int = 1) throws -> StreamExecutor<Reading> {
    try builder.withAggregation(.count, as: "n").build().makeExecutor(partitions: partitions)
  }

  /// Start, end, revision, count.
  private func rows(_ results: [WindowResult]) -> [[Int64]] {
    results.map { [$0.windowStart.milliseconds, $0.windowEnd.milliseconds, $0.revision, $0["n"].integer ?? -1] }
  }

  private var ascending: StreamPipelineBuilder<Reading> {
    StreamPipelineBuilder<Reading>().withWatermark(.ascending).withAllowedLateness(milliseconds: 0)
  }

  @Test("Tumbling with an offset, before the epoch too")
  func tumbling() throws {
    let executor = try executor(ascending.withTumblingWindow(milliseconds: 1_000, offset: 300))
    let results = try executor.process([Reading(-701), Reading(-700), Reading(299), Reading(300), Reading(1_300)], now: late).results
    #expect(rows(results) == [[-1_700, -700, 1, 1], [-700, 300, 1, 2], [300, 1_300, 1, 1]])
  }

  @Test("Sliding: an event is in every window that covers it")
  func sliding() throws {
    let executor = try executor(ascending.withSlidingWindow(milliseconds: 1_000, slideMilliseconds: 400))
    let results = try executor.process([Reading(0), Reading(900), Reading(5_000)], now: late).results
    #expect(rows(results) == [[-800, 200, 1, 1], [-400, 600, 1, 1], [0, 1_000, 1, 2], [400, 1_400, 1, 1], [800, 1_800, 1, 1]])
  }

  @Test("Sessions: one that is swallowed after it came out is retracted")
  func session() throws {
    let builder = StreamPipelineBuilder<Reading>().withSessionWindow(gapMilliseconds: 100).withWatermark(.ascending).withAllowedLateness(milliseconds: 10_000)
    let executor = try executor(builder)
    let first = try executor.process([Reading(100), Reading(1_000)], now: late).results
    #expect(rows(first) == [[100, 200, 1, 1]])
    let second = try executor.process([Reading(50)], now: late).results
    #expect(rows(second) == [[100, 200, 2, 1], [50, 200, 2, 2]])
    #expect(second.map(\.isRetracted) == [true, false])
  }

  @Test("Count windows have a number, and their age ends an unfinished one")
  func count() throws {
    let executor = try executor(StreamPipelineBuilder<Reading>().withCountWindow(2, maxAgeMilliseconds: 1_000))
    let full = try executor.process([Reading(9), Reading(5), Reading(7)], now: late).results
    #expect(rows(full) == [[5, 9, 1, 2]])
    #expect(full.map(\.sequence) == [1])
    #expect(try executor.advance(now: late + 999).isEmpty)
    let aged = try executor.advance(now: late + 1_000)
    #expect(rows(aged) == [[7, 7, 1, 1]])
    #expect(aged.map(\.sequence) == [2])
  }

  @Test("Punctuated watermarks come from the events that vouch for a time, filtered ones too")
  func punctuated() throws {
    let builder = StreamPipelineBuilder<Reading>().withTumblingWindow(milliseconds: 1_000).withAllowedLateness(milliseconds: 0)
      .withWatermark(.punctuated { $0.upTo.map { EventTime(milliseconds: $0) } }).withFilter { $0.value > 0 }
    let executor = try executor(builder)
    #expect(try executor.process([Reading(0), Reading(5_000), Reading(10)], now: late).results.isEmpty)
    #expect(executor.watermark == nil)
    #expect(rows(try executor.process([Reading(0, "a", 0, upTo: 1_000)], now: late).results) == [[0, 1_000, 1, 2]])
    #expect(executor.watermark == 1_000)
  }

  @Test("Manual watermarks come from their user alone, for one partition or all, and never go back")
  func manual() throws {
    let builder = StreamPipelineBuilder<Reading>().withTumblingWindow(milliseconds: 1_000).withAllowedLateness(milliseconds: 0).withWatermark(.manual)
    let executor = try executor(builder, partitions: 2)
    #expect(try executor.process([Reading(0), Reading(90_000)], now: late).results.isEmpty)
    #expect(try executor.setWatermark(5_000, partition: 0).isEmpty)
    #expect(executor.watermark == nil)
    #expect(rows(try executor.setWatermark(1_000, partition: 1)) == [[0, 1_000, 1, 1]])
    #expect(try executor.setWatermark(500).isEmpty)
    #expect(executor.watermark == 1_000)
  }

  @Test("Manual watermarks through the driver")
  func manualDriver() throws {
    let pipeline = try seconds.withWatermark(.manual).withAggregation(.count, as: "n").build()
    let driver = try PipelineTestDriver(executor: pipeline.makeExecutor(), partitions: 2, keyScope: .partition)
    for partition in 0..<2 { try driver.feed(events: [Reading(0)], partition: partition) }
    try driver.setWatermark(1_000, partition: 1)
    #expect(driver.takeResults().count == 1)
    try driver.setWatermark(1_000)
    #expect(driver.takeResults().count == 1)
  }

  @Test("Early results come so often by the clock while their window changes, then the final one")
  func early() throws {
    let executor = try executor(ascending.withTumblingWindow(milliseconds: 1_000).withEarlyResults(everyMilliseconds: 500))
    #expect(try executor.advance(now: late).isEmpty)
    _ = try executor.process([Reading(0)], now: late)
    #expect(try executor.advance(now: late + 499).isEmpty)
    let first = try executor.advance(now: late + 500)
    #expect(rows(first) == [[0, 1_000, 1, 1]])
    #expect(first.map(\.isFinal) == [false])
    #expect(try executor.advance(now: late + 1_000).isEmpty)
    let final = try executor.process([Reading(1), Reading(1_000)], now: late + 1_000).results
    #expect(rows(final) == [[0, 1_000, 2, 2]])
    #expect(final.map(\.isFinal) == [true])
  }

  @Test("Early results through the driver, in one long move of the clock")
  func earlyDriver() throws {
    let pipeline = try seconds.withEarlyResults(everyMilliseconds: 500).withIdleTimeout(milliseconds: 2_000).withAggregation(.count, as: "n").build()
    let driver = try PipelineTestDriver(executor: pipeline.makeExecutor())
    try driver.advanceClock(byMilliseconds: 0)
    try driver.feed(events: [Reading(0)])
    try driver.advanceClock(byMilliseconds: 10_000)
    #expect(driver.takeResults().map { [$0.revision, $0.isFinal ? 1 : 0] } == [[1, 0], [2, 1]])
  }
}
