import Penstock
import Testing

@Suite struct ExecutorTests {
  @Test("Events become one result per key and window, with the figures of the events")
  func figures() throws {
    let executor = try seconds.withAggregation(.count, as: "n").withAggregation(.average(\.value), as: "avg")
      .withAggregation(.min(\.value), as: "min").withAggregation(.max(\.value), as: "max").withAggregation(.sum(\.status), as: "sum")
      .withAggregation(.count(of: \.status), as: "known").build().makeExecutor()
    let output = try executor.process(
      [Reading(0, "a", 1, status: 5), Reading(10, "b", 9), Reading(999, "a", 4, status: 7), Reading(999, "a", 2.5), Reading(1_000, "a")], now: late)
    #expect(output.results.map(\.key).sorted() == ["a", "b"])
    let a = try #require(output.results.first { $0.key == "a" })
    #expect(a == WindowResult(key: "a", windowStart: 0, windowEnd: 1_000, values: ["n": 3, "avg": 2.5, "min": 1.0, "max": 4.0, "sum": 12, "known": 2]))
    let b = try #require(output.results.first { $0.key == "b" })
    #expect(b["sum"] == .missing)
    #expect(b["known"] == 0)
    #expect(b["no such name"] == .missing)
    #expect(executor.watermark == 1_000)
  }

  @Test("A filter leaves events out, and they still move event time")
  func filter() throws {
    let executor = try seconds.withFilter { $0.value > 0 }.withFilter { $0.value < 10 }.withAggregation(.count, as: "n").build().makeExecutor()
    let output = try executor.process([Reading(0), Reading(1, "a", 0), Reading(2, "a", 10), Reading(1_000, "a", 10)], now: late)
    #expect(output.results.map { $0["n"] } == [1])
  }

  @Test("A condition leaves an event out of one aggregation only")
  func condition() throws {
    let executor = try seconds.withAggregation(.count, as: "n").withAggregation(.count, as: "bad", where: { $0.status == 500 })
      .withAggregation(.sum(\.value), as: "sum", where: { $0.status == 500 }).build().makeExecutor()
    let output = try executor.process(
      [Reading(0, "a", 1), Reading(1, "a", 2, status: 500), Reading(2, "a", 4, status: 200), Reading(3, "a", 8, status: 500), Reading(1_000)], now: late)
    #expect(output.results.map { [$0["n"], $0["bad"], $0["sum"]] } == [[4, 2, 10.0]])
  }

  @Test("Batches larger than the buffer are cut, and the figures are the same")
  func buffer() throws {
    let executor = try seconds.withBufferSize(3).withAggregation(.count, as: "n").build().makeExecutor()
    let output = try executor.process((0...10).map { Reading($0 * 100) }, now: late)
    #expect(output.results.map { $0["n"] } == [10])
  }

  @Test("An event that comes after its window was let go is given back and in no figure")
  func lateEvents() throws {
    let executor = try seconds.withAggregation(.count, as: "n").build().makeExecutor()
    _ = try executor.process([Reading(0), Reading(5_000)], now: late)
    let output = try executor.process([Reading(1), Reading(5_001), Reading(4_999)], now: late)
    #expect(output.results == [])
    #expect(output.lateEvents == [Reading(1), Reading(4_999)])
  }

  @Test("Within the allowed lateness a late event brings the result out again, with the next revision")
  func revisions() throws {
    let executor = try seconds.withAllowedLateness(milliseconds: 500).withAggregation(.count, as: "n").build().makeExecutor()
    let first = try executor.process([Reading(0), Reading(1_000)], now: late)
    let second = try executor.process([Reading(10)], now: late)
    #expect((first.results + second.results).map { [$0.revision, $0["n"].integer] } == [[1, 1], [2, 2]])
  }

  @Test("What cannot be aggregated is given back with the reason and moves nothing")
  func skipped() throws {
    let executor = try seconds.withAggregation(.sum(\.value), as: "sum").withAggregation(.count(of: \.place), as: "places").build().makeExecutor()
    let events = [
      Reading(90_000_000 + late), Reading(50_000, String(repeating: "k", count: EventKey.maxBytes + 1)), Reading(50_000, "a", .nan),
      Reading(50_000, "a", -.infinity), Reading(50_000, "a", 1, place: String(repeating: "p", count: 4_097)),
    ]
    let output = try executor.process(events + [Reading(0, "a", 1, place: String(repeating: "p", count: 4_096))], now: late)
    #expect(output.skippedEvents.map(\.fault) == [.timestampInFuture, .badKey, .numberOutOfRange, .numberOutOfRange, .badField])
    #expect(output.skippedEvents.map(\.event.timestamp) == events.map(\.timestamp))
    #expect(executor.watermark == 0)
  }

  @Test("Partitions hold each other back until the quiet one is idle, and then event time goes on by the clock")
  func partitions() throws {
    let executor = try seconds.withAggregation(.count, as: "n").build().makeExecutor(partitions: 2)
    #expect(try executor.process([Reading(0), Reading(1_500)], partition: 0, now: late).results == [])
    #expect(executor.watermark == nil)
    #expect(try executor.markIdle(partition: 1, now: late).map(\.windowStart) == [0])
    #expect(try executor.markIdle(partition: 0, now: late).isEmpty)
    #expect(try executor.advance(now: late + 499).isEmpty)
    #expect(try executor.advance(now: late + 500).map(\.windowStart) == [1_000])
  }

  @Test("Limits end the executor with their name")
  func limits() throws {
    let executor = try seconds.withLimits(maxKeys: 2).withAggregation(.count, as: "n").build().makeExecutor()
    #expect { try executor.process([Reading(0, "a"), Reading(0, "b"), Reading(0, "c")], now: late) } throws: {
      ($0 as? StateLimitExceeded)?.limit == "max_keys"
    }
  }

  @Test("Integers, optionals and numbers beyond Int64 are taken for what they are")
  func fieldValues() {
    #expect(UInt64.max.resultValue == .double(0x1p64))
    #expect(Int8(-3).resultValue == -3)
    #expect(Float(0.5).resultValue == 0.5)
    #expect(Optional<Int>.none.resultValue == .missing)
    #expect(Optional(7).resultValue == 7)
    #expect("x".resultValue == "x")
    #expect(true.resultValue == true)
  }
}
