import Penstock
import Testing

/// Range of the values, as a program would write it.
struct Spread: Aggregation {
  struct Damaged: Error {}

  var smallest = Double.infinity
  var largest = -Double.infinity

  mutating func add(_ event: Reading) {
    smallest = min(smallest, event.value)
    largest = max(largest, event.value)
  }

  mutating func merge(_ other: Spread) {
    smallest = min(smallest, other.smallest)
    largest = max(largest, other.largest)
  }

  func result() -> Double? { largest >= smallest ? largest - smallest : nil }

  func encode() -> [UInt8] {
    [smallest, largest].flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
  }

  mutating func decode(_ state: [UInt8]) throws {
    guard state.count == 16 else { throw Damaged() }
    let numbers = state.withUnsafeBytes { bytes in (0..<2).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) } }
    smallest = Double(bitPattern: numbers[0])
    largest = Double(bitPattern: numbers[1])
  }
}

/// Its parameter is part of the empty value and of its identity; its state is text.
struct Longest: Aggregation {
  var limit: Int
  var text = ""

  init(limit: Int) { self.limit = limit }

  mutating func add(_ event: Reading) {
    if event.sensor.count > text.count && event.sensor.count <= limit { text = event.sensor }
  }
  mutating func merge(_ other: Longest) { if other.text.count > text.count { text = other.text } }
  func result() -> String { text }
  func encode() -> [UInt8] { Array(text.utf8) }
  mutating func decode(_ state: [UInt8]) { text = String(decoding: state, as: UTF8.self) }
  var identity: String { "longest\(limit)" }
}

/// Cannot read what it wrote.
struct Broken: Aggregation {
  mutating func add(_ event: Reading) {}
  mutating func merge(_ other: Broken) {}
  func result() -> Int { 1 }
  func encode() -> [UInt8] { [1] }
  mutating func decode(_ state: [UInt8]) throws { throw Spread.Damaged() }
}

@Suite struct AggregationTests {
  private func results(_ builder: StreamPipelineBuilder<Reading>, _ events: [Reading]) throws -> [WindowResult] {
    try builder.build().makeExecutor().process(events, now: late).results
  }

  @Test("Every function gives its figure")
  func functions() throws {
    let events = [
      Reading(100, "a", 3, status: 500, place: "x", isSafe: true), Reading(0, "a", 1, status: 200, place: "y"),
      Reading(900, "a", 2, place: "x", isSafe: false), Reading(200, "a", 6, status: 404), Reading(1_000),
    ]
    let builder = seconds.withAggregation(.standardDeviation(\.value), as: "stddev").withAggregation(.variance(\.value), as: "variance")
      .withAggregation(.standardDeviation(\.value, population: true), as: "stddev_pop").withAggregation(.percentile(50, \.value), as: "p50")
      .withAggregation(.distinct(\.place), as: "places").withAggregation(.first(\.place), as: "first").withAggregation(.last(\.isSafe), as: "last")
      .withAggregation(.last(\.status), as: "last_status").withAggregation(.rate, as: "rate").withAggregation(.rate(of: \.status), as: "known_rate")
    let result = try #require(try results(builder, events).first)
    #expect(abs((result["variance"].number ?? 0) - 14.0 / 3) < 1e-12)
    #expect(abs((result["stddev"].number ?? 0) - (14.0 / 3).squareRoot()) < 1e-12)
    #expect(abs((result["stddev_pop"].number ?? 0) - 3.5.squareRoot()) < 1e-12)
    #expect(abs((result["p50"].number ?? 0) - 2) <= 0.02)
    #expect(result["places"] == 2)
    #expect(result["first"] == "y")
    #expect(result["last"] == false)
    #expect(result["last_status"] == 404)
    #expect(result["rate"] == 4.0)
    #expect(result["known_rate"] == 3.0)
  }

  @Test("Over nothing counts and rates are 0 and the rest is missing")
  func nothing() throws {
    let builder = seconds.withAggregation(.count(of: \.status), as: "count").withAggregation(.distinct(\.status), as: "distinct")
      .withAggregation(.rate(of: \.status), as: "rate").withAggregation(.sum(\.status), as: "sum").withAggregation(.average(\.status), as: "avg")
      .withAggregation(.max(\.status), as: "max").withAggregation(.first(\.status), as: "first").withAggregation(.percentile(99, \.status), as: "p")
      .withAggregation(.custom(Spread()), as: "spread", where: { $0.status != nil })
    let result = try #require(try results(builder, [Reading(0), Reading(1_000)]).first)
    #expect(result.values == ["count": 0, "distinct": 0, "rate": 0.0, "sum": .missing, "avg": .missing, "max": .missing, "first": .missing, "p": .missing, "spread": .missing])
  }

  @Test("An expression computes over the other members; a division by zero is missing")
  func expression() throws {
    let builder = seconds.withAggregation(.count, as: "all").withAggregation(.count, as: "errors", where: { $0.status == 500 })
      .withAggregation(.expression(.member("errors") / .member("all") * 100), as: "percent")
      .withAggregation(.expression(.member("all") / .member("errors")), as: "inverse")
      .withAggregation(.expression(-(.member("all") - 10)), as: "integer")
    let result = try results(builder, [Reading(0), Reading(1, status: 500), Reading(2), Reading(3), Reading(1_000), Reading(2_000)])
    #expect(result.map { [$0["percent"], $0["inverse"], $0["integer"]] } == [[25.0, 4.0, 6], [0.0, .missing, 9]])
  }

  @Test("An aggregation of a program's own takes in events, with a condition those for which it holds")
  func custom() throws {
    let builder = seconds.withAggregation(.custom(Spread()), as: "all").withAggregation(.custom(Spread()), as: "some", where: { $0.value < 10 })
      .withAggregation(.custom(Longest(limit: 3)), as: "longest")
    let found = try results(builder, [Reading(0, "a", 5), Reading(1, "b", 100), Reading(2, "a", -1), Reading(3, "a", 12), Reading(4, "abcd", 1), Reading(1_000)])
    let byKey = Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0) })
    #expect(byKey["a"]?.values == ["all": 13.0, "some": 6.0, "longest": "a"])
    #expect(byKey["b"]?.values == ["all": 0.0, "some": .missing, "longest": "b"])
    #expect(byKey["abcd"]?["longest"] == "")
  }

  @Test("An aggregation of a program's own merges over slices and sessions")
  func merging() throws {
    let sliding = StreamPipelineBuilder<Reading>().withSlidingWindow(milliseconds: 3_000, slideMilliseconds: 1_000).withWatermark(.ascending)
      .withAllowedLateness(milliseconds: 0).withAggregation(.custom(Spread()), as: "spread")
    let slid = try results(sliding, [Reading(0, "a", 1), Reading(1_000, "a", 4), Reading(2_000, "a", -6), Reading(9_000)])
    #expect(slid.map { $0["spread"] } == [0.0, 3.0, 10.0, 10.0, 0.0])
    let session = StreamPipelineBuilder<Reading>().withSessionWindow(gapMilliseconds: 100).withWatermark(.boundedOutOfOrderness(milliseconds: 5_000))
      .withAllowedLateness(milliseconds: 0).withAggregation(.custom(Spread()), as: "spread").withAggregation(.count, as: "n")
    let merged = try results(session, [Reading(0, "a", 1), Reading(200, "a", 9), Reading(1_000, "a", 3), Reading(100, "a", 2), Reading(90_000, "b")])
    #expect(merged.map { [$0.windowStart.milliseconds, $0.windowEnd.milliseconds, $0["n"].integer] } == [[0, 300, 3], [1_000, 1_100, 1]])
    #expect(merged.map { $0["spread"] } == [8.0, 0.0])
  }

  @Test("A state that its own aggregation cannot read gives nothing, and the others go on")
  func broken() throws {
    let found = try results(
      seconds.withAggregation(.custom(Broken()), as: "broken").withAggregation(.count, as: "n"), [Reading(0), Reading(1), Reading(1_000)])
    #expect(found.map(\.values) == [["broken": .missing, "n": 2]])
  }

  @Test("A state beyond 1 MiB ends the executor with its reason")
  func tooLarge() throws {
    struct Growing: Aggregation {
      var bytes: [UInt8] = []
      mutating func add(_ event: Reading) { bytes += [UInt8](repeating: 0, count: 600_000) }
      mutating func merge(_ other: Growing) { bytes += other.bytes }
      func result() -> Int { bytes.count }
      func encode() -> [UInt8] { bytes }
      mutating func decode(_ state: [UInt8]) { bytes = state }
    }
    #expect(throws: StateLimitExceeded.self) {
      try results(seconds.withAggregation(.custom(Growing()), as: "g"), [Reading(0), Reading(1), Reading(1_000)])
    }
  }

  @Test("A snapshot holds custom states")
  func snapshot() throws {
    let executor = try seconds.withAggregation(.custom(Spread()), as: "spread").build().makeExecutor()
    let driver = try PipelineTestDriver(executor: executor, now: late)
    try driver.feed(events: [Reading(0, "a", 3), Reading(1, "a", 5)])
    let snapshot = driver.snapshot()
    try driver.feed(events: [Reading(2, "a", 100)])
    try driver.restore(from: snapshot)
    try driver.feed(events: [Reading(3, "a", 4), Reading(1_000)])
    #expect(driver.takeResults().map { $0["spread"] } == [2.0])
  }
}
