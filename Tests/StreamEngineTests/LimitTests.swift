import StreamEngine
import Testing

@Suite("Limits of state")
struct LimitTests {
  @Test("a new key beyond the limit of a window is refused, a known one is not")
  func keys() throws {
    var configuration = ExecutorConfiguration.small()
    configuration.maxKeysPerSlice = 3
    let executor = ShardExecutor(configuration: configuration, inputs: 1)
    _ = try executor.runBatch(["a", "b", "c", "a"].map { TestRecord(1, $0) } + [TestRecord(11, "d")], now: 0)
    let error = #expect(throws: StateLimitExceeded.self) {
      try executor.runBatch([TestRecord(2, "d")], now: 0)
    }
    #expect(error?.limit == "max_keys")
  }

  @Test("state never grows beyond its limit, whether by keys, long keys or windows", arguments: [0, 1, 2])
  func bytes(_ kind: Int) {
    var configuration = ExecutorConfiguration.small(aggregations: ExecutorConfiguration.allFunctions, fields: 1)
    configuration.maxStateBytes = 2_000_000
    let executor = ShardExecutor(configuration: configuration, inputs: 1)
    let error = #expect(throws: StateLimitExceeded.self) {
      for number in 0..<100_000 {
        let record =
          switch kind {
          case 0: TestRecord(1, "key-\(number)", .int(1))
          case 1: TestRecord(1, String(repeating: "x", count: 50_000) + "\(number)", .int(1))
          default: TestRecord(Int64(1_000_000 - number * 10), "key", .int(1), input: 0)
          }
        _ = try executor.runBatch([record], now: -10_000_000)
        guard executor.stateBytes <= 2_000_000 else { return }
      }
    }
    #expect(error?.limit == "max_state_bytes")
    #expect(executor.stateBytes <= 2_000_000)
    #expect(executor.stateBytes > 1_500_000)
  }

  @Test("memory of windows that ended is given back")
  func givenBack() throws {
    let executor = ShardExecutor(configuration: .small(aggregations: ExecutorConfiguration.allFunctions, fields: 1), inputs: 2)
    let empty = executor.stateBytes
    for round in 0..<5 {
      let records = (0..<2_000).map { TestRecord(Int64(round) * 100, "key-\($0)-\(round)", .int(1), input: $0 % 2) }
      _ = try executor.runBatch(records, now: 1_000)
    }
    #expect(executor.keyCount == 2_000)
    executor.markIdle(0, now: 0)
    executor.markIdle(1, now: 0)
    executor.advance(now: 1_000)
    _ = try executor.drainAll(capacity: 500)
    executor.endBatch()
    #expect(executor.keyCount == 0)
    #expect(executor.stateBytes == empty)
  }

  @Test("a key of a window takes at most 120 bytes beside its own for count, sum, avg, min and max")
  func bytesOfRow() throws {
    // Just after the table doubled is its worst moment.
    var counts = [100_000, 3 << 15 + 1, 1 << 17]
    #if !DEBUG
      counts.append(1_000_000)
    #endif
    for keys in counts {
      var configuration = ExecutorConfiguration.small(aggregations: ExecutorConfiguration.allFunctions, fields: 1)
      configuration.maxDelay = 0
      let executor = ShardExecutor(configuration: configuration, inputs: 1)
      var keyBytes = 0
      for first in stride(from: 0, to: keys, by: 10_000) {
        let records = (first..<min(keys, first + 10_000)).map { TestRecord(1, "key-\($0)", .int(1)) }
        keyBytes += records.reduce(0) { $0 + $1.key.count }
        _ = try executor.runBatch(records, now: 0)
      }
      let perRow = Double(executor.stateBytes - keyBytes) / Double(keys)
      print("StreamEngine state: \(keys) keys, \(perRow) bytes each beside the key")
      #expect(perRow <= 120)
    }
  }
}
