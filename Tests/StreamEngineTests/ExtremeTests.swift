import StreamEngine
import Testing

@Suite("Extremes")
struct ExtremeTests {
  static let times: [Int64] = [0, .min, .min + 1, .max - 1, .max, -1, .min]

  /// The last count of each window, and what was counted.
  private func run(_ window: WindowPlan, delay: Int64) throws -> (sum: Int64, counted: Int64, executor: ShardExecutor) {
    let configuration = ExecutorConfiguration.of(window, delay: delay, lateness: .max, skew: .max)
    let executor = ShardExecutor(configuration: configuration, inputs: 1)
    var results = try Array(executor.runBatch(ExtremeTests.times.map { TestRecord($0) }, now: .max).joined())
    executor.markIdle(0, now: .min)
    executor.advance(now: .max)
    results += try executor.drainAll()
    var last: [ResultName: Int64] = [:]
    for result in results {
      guard case .int(let count) = result.cells[0] else { continue }
      #expect(result.start <= result.end)
      last[result.name] = result.flags & ResultBatch.retracted == 0 ? count : nil
    }
    let counters = executor.counters
    #expect(counters.onTime + counters.lateAccepted + counters.lateDropped == 7)
    #expect(executor.watermark == Int64.max)
    return (last.values.reduce(0, +), counters.onTime + counters.lateAccepted, executor)
  }

  @Test("timestamps at the ends of Int64 are counted and trap nothing: tumbling", arguments: [1, 7, 1_000, Int64.max])
  func tumbling(_ size: Int64) throws {
    for delay: Int64 in [0, 5, .max] {
      let (sum, counted, _) = try run(.tumbling(size: size, offset: size / 2), delay: delay)
      #expect(counted >= 4)
      #expect(sum == counted)
    }
  }

  @Test("sliding", arguments: [1, 7, 1_000, Int64.max])
  func sliding(_ size: Int64) throws {
    for delay: Int64 in [0, 5, .max] {
      for slide in Set([size, max(1, size / 2), max(1, size / 3 + 1)]) {
        let (sum, counted, _) = try run(.sliding(size: size, slide: slide, offset: slide / 2), delay: delay)
        #expect(counted >= 4)
        // Windows beyond the ends of Int64 may be left out; each record is in one at least, and in no more than cover it.
        #expect(sum >= counted)
        #expect(sum <= counted * (size / slide + 1))
      }
    }
  }

  @Test("sessions", arguments: [1, 7, 1_000, Int64.max])
  func sessions(_ gap: Int64) throws {
    for delay: Int64 in [0, 5, .max] {
      let (sum, counted, _) = try run(.session(gap: gap), delay: delay)
      #expect(counted >= 4)
      #expect(sum == counted)
    }
  }

  @Test("count windows", arguments: [1, 2, 3, 7])
  func count(_ size: Int64) throws {
    for delay: Int64 in [0, 5, .max] {
      let (sum, counted, _) = try run(.count(size, maxAge: nil), delay: delay)
      #expect(counted == 7)
      #expect(sum == 7 / size * size)
    }
  }

  @Test("a wall clock at the ends of Int64 traps nothing")
  func clocks() throws {
    for window in [WindowPlan.tumbling(size: 10, offset: 0), .session(gap: 10), .count(3, maxAge: .max), .count(3, maxAge: 1)] {
      let executor = ShardExecutor(configuration: .of(window, lateness: .max, skew: .max), inputs: 1)
      for now: Int64 in [.min, .max, 0, .min, .max] {
        _ = try executor.runBatch([TestRecord(5)], now: now)
        executor.markIdle(0, now: now)
        executor.advance(now: .max)
        executor.advance(now: .min)
        executor.advance(now: 0)
        _ = try executor.drainAll()
      }
      let counters = executor.counters
      #expect(counters.onTime + counters.lateAccepted + counters.lateDropped == 5)
    }
  }

  @Test("empty keys and keys of 64 KiB are keys like others", arguments: [
    WindowPlan.tumbling(size: 100, offset: 0), .sliding(size: 100, slide: 30, offset: 0), .session(gap: 100), .count(3, maxAge: nil),
  ])
  func keys(_ window: WindowPlan) throws {
    let long = [UInt8](repeating: 65, count: 65_536)
    let keys: [[UInt8]] = [[], [0], long, long + [1], Array(long.dropLast()) + [66], Array(long.dropLast())]
    let configuration = ExecutorConfiguration.of(window, delay: 10_000)
    var executor = ShardExecutor(configuration: configuration, inputs: 1)
    let records = (0..<3).flatMap { round in
      keys.map { key in
        var record = TestRecord(Int64(50 + round))
        record.key = key
        return record
      }
    }
    var results: [TestResult] = []
    for part in [records[..<7], records[7...]] {
      results += try executor.runBatch(Array(part), now: 0).joined()
      executor = try ShardExecutor(configuration: configuration, restoring: executor.snapshot(full: true))
    }
    executor.markIdle(0, now: 0)
    executor.advance(now: 1_000_000)
    results += try executor.drainAll()
    for key in keys {
      let counts = results.filter { $0.key == key }.map { $0.cells[0] }
      #expect(!counts.isEmpty && counts.allSatisfy { $0 == .int(3) }, "\(key.count) bytes: \(counts)")
    }
    #expect(Set(results.map(\.key)).count == keys.count)
  }

  @Test("10,000 windows over each record")
  func manyWindows() throws {
    let executor = ShardExecutor(configuration: .of(.sliding(size: 10_000, slide: 1, offset: 0), delay: 100_000, lateness: 0), inputs: 1)
    let clock = ContinuousClock()
    var results: [TestResult] = []
    let time = try clock.measure {
      let records = [TestRecord(0), TestRecord(3_000), TestRecord(9_999), TestRecord(10_000), TestRecord(5_000)]
      results += try executor.runBatch(records, now: 0).joined()
      executor.markIdle(0, now: 0)
      executor.advance(now: 200_000)
      results += try executor.drainAll(capacity: 10_000)
    }
    print("StreamEngine sliding 10,000 ms / 1 ms: \(results.count) results in \(time)")
    // Sorted by start: from the first window that covers 0 to the last one that covers 10,000.
    results.sort { $0.start < $1.start }
    #expect(results.map(\.start) == Array(-9_999...10_000))
    #expect(results.allSatisfy { $0.revision == 1 && $0.end == $0.start + 10_000 })
    let total = results.reduce(0) { $0 + Int($1.cells[0].number ?? 0) }
    #expect(total == 50_000)
    #expect(results.first { $0.start == 0 }?.cells == [.int(4)])
    #expect(results.first { $0.start == 1 }?.cells == [.int(4)])
    #expect(results.first { $0.start == 3_001 }?.cells == [.int(3)])
  }
}
