import CAllocationCounter
import StreamEngine
import Testing

/// Heap allocations of the engine on the test's own thread: windows that come and go may make some, records none.
@Suite("Allocations of the engine", .serialized, .enabled(if: penstock_allocations_are_counted()))
struct EngineAllocationTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var window: WindowPlan
    var functions: [AggregateFunction]
    var testDescription: String { name }
  }

  static let exact: [AggregateFunction] = [.sum, .avg, .min, .max, .stddev]
  static let cases = [
    Case(name: "tumbling", window: .tumbling(size: 1_000, offset: 0), functions: exact),
    Case(name: "sliding", window: .sliding(size: 5_000, slide: 700, offset: 0), functions: exact),
    Case(name: "sessions", window: .session(gap: 50), functions: exact),
    Case(name: "count", window: .count(20, maxAge: nil), functions: exact),
    Case(name: "a percentile of tumbling windows", window: .tumbling(size: 1_000, offset: 0), functions: [.percentile]),
  ]

  @Test("a record costs none", arguments: cases)
  func perRecord(_ test: Case) throws {
    let plans = [AggregationPlan(function: .count, field: nil)] + test.functions.map { AggregationPlan(function: $0, field: 0) }
    var configuration = ExecutorConfiguration(window: test.window, aggregations: plans, fieldCount: 1)
    configuration.maxFutureSkew = 1 << 40
    configuration.maxDelay = 100
    configuration.allowedLateness = 500
    let executor = ShardExecutor(configuration: configuration, inputs: 2)
    let results = ResultBatch(capacity: 1_000, aggregationCount: plans.count)
    // A hundred keys, each for 10 ms in a second; 20 records a millisecond, some of them out of order.
    let batches = (0..<40).map { batch in
      TestBatch(
        (0..<2_000).map { number in
          let place = batch * 2_000 + number
          let time = Int64(place / 20 - (place % 7 == 0 ? 60 : 0))
          return TestRecord(time, "key-\(place / 200 % 100)", .double(Double(place % 1_000) + 0.5), input: place % 2, offset: Int64(place))
        }, fieldCount: 1)
    }
    func run(_ batch: TestBatch) throws {
      var next = 0
      while next < 2_000 {
        next = try executor.process(batch.columns, from: next, to: 2_000, now: 0)
        try drain()
      }
      executor.endBatch()
      try drain()
    }
    func drain() throws {
      while executor.hasPendingResults {
        results.removeAll()
        try executor.drainResults(into: results)
      }
    }
    // Warm: every key is known, every buffer has its size.
    for batch in batches[..<20] { try run(batch) }
    let before = penstock_allocations_of_this_thread()
    for batch in batches[20...] { try run(batch) }
    let made = penstock_allocations_of_this_thread() - before
    print("StreamEngine allocations, \(test.name): \(made) for 40,000 records")
    #expect(executor.counters.windowsFired > 0)
    #if DEBUG
      // Unoptimised Swift makes some of its own.
      #expect(made < 40_000)
    #else
      #expect(made < 40_000 / 200)
    #endif
  }
}
