import StreamEngine
import Testing

@Suite("Very many sessions of one key", .serialized)
struct SessionChainTests {
  static let gap: Int64 = 10
  static let distance: Int64 = 15

  enum Order: String, CaseIterable, Sendable {
    case ascending, descending, random
  }

  /// A debug build takes minutes over a million.
  #if DEBUG
  static let counts = [1_000, 100_000]
  #else
  static let counts = [1_000, 100_000, 1_000_000]
  #endif

  /// Sessions stand 15 ms apart, too far to touch; a record between two makes them one.
  @Test("become one session through records that bridge them, in any order", arguments: Order.allCases, counts)
  func merge(_ order: Order, _ count: Int) throws {
    let plans = [AggregationPlan(function: .count, field: nil), AggregationPlan(function: .sum, field: 0), AggregationPlan(function: .max, field: 0)]
    var configuration = ExecutorConfiguration.of(.session(gap: SessionChainTests.gap), delay: 1 << 40, aggregations: plans, fields: 1)
    configuration.maxStateBytes = 1 << 31
    let executor = ShardExecutor(configuration: configuration, inputs: 1)
    var places = Array(0..<count)
    var random = SeededGenerator(state: 3)
    let batch = PlainBatch()
    func inOrder() {
      switch order {
      case .ascending: places.sort()
      case .descending: places.sort(by: >)
      case .random: places.shuffle(using: &random)
      }
    }
    let clock = ContinuousClock()
    var results: [TestResult] = []
    inOrder()
    let apart = try clock.measure {
      results += try batch.run(executor, count: count, now: 0) { (Int64(places[$0]) * SessionChainTests.distance, .int(Int64(places[$0]))) }
    }
    #expect(executor.keyCount == count)
    inOrder()
    let joined = try clock.measure {
      results += try batch.run(executor, count: count, now: 0) { (Int64(places[$0]) * SessionChainTests.distance + 7, .int(1)) }
    }
    #expect(results.isEmpty)
    #expect(executor.keyCount == 1)
    #expect(executor.counters.onTime == Int64(count * 2))
    executor.markIdle(0, now: 0)
    executor.advance(now: 1 << 50)
    results = try executor.drainAll()
    print("StreamEngine \(count) sessions, \(order): made in \(apart), joined in \(joined)")
    let end = Int64(count - 1) * SessionChainTests.distance + 7 + SessionChainTests.gap
    #expect(results.map(\.start) == [0])
    #expect(results.map(\.end) == [end])
    let total = Int64(count) * Int64(count - 1) / 2 + Int64(count)
    #expect(results.map(\.cells) == [[.int(Int64(count * 2)), .int(total), .int(max(1, Int64(count - 1)))]])
  }
}
