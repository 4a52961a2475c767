import StreamEngine

/// Owns the arrays that a `RecordColumns` borrows. Texts lie at odd addresses, since a decoder promises no alignment.
final class TestBatch {
  let columns: RecordColumns
  private let owned: [UnsafeMutableRawPointer]
  private let outcomesBase: UnsafeMutablePointer<UInt8>

  /// What became of each record; `untouched` where the executor wrote nothing.
  var outcomes: [UInt8] { Array(UnsafeBufferPointer(start: outcomesBase, count: columns.count)) }
  static let untouched: UInt8 = 99

  init(_ records: [TestRecord], fieldCount: Int) {
    var owned: [UnsafeMutableRawPointer] = []
    func array<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
      let copy = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
      copy.initialize(from: values, count: values.count)
      owned.append(UnsafeMutableRawPointer(copy))
      return copy
    }
    func bits(_ cell: TestCell) -> UInt64 {
      guard case .text(let bytes) = cell else { return cell.bits }
      let length = (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
      return UInt64(UInt(bitPattern: array([0] + length + bytes) + 1))
    }
    let cells = (0..<fieldCount).flatMap { field in records.map { field < $0.cells.count ? $0.cells[field] : .missing } }
    outcomesBase = array([UInt8](repeating: TestBatch.untouched, count: records.count))
    var columns = RecordColumns(
      count: records.count, inputs: array(records.map { Int32($0.input) }), offsets: array(records.map(\.offset)),
      timestamps: array(records.map(\.timestamp)),
      keys: array(records.map { record -> UnsafePointer<UInt8>? in record.key.isEmpty ? nil : UnsafePointer(array(record.key)) }),
      keyLengths: array(records.map { Int32($0.key.count) }), status: array(records.map(\.status)),
      cellKinds: array(cells.map(\.kind)), cellBits: array(cells.map(bits)), stride: records.count)
    columns.outcomes = outcomesBase
    columns.watermarks = UnsafePointer(array(records.map { $0.watermark ?? Int64.min }))
    columns.events = UnsafeRawPointer(array(records.map(\.event)))
    self.columns = columns
    self.owned = owned
  }

  deinit {
    for pointer in owned { pointer.deallocate() }
  }
}

extension ShardExecutor {
  /// All that is pending, in the order in which it comes, drained a few results at a time.
  func drainAll(capacity: Int = 3) throws -> [TestResult] {
    guard hasPendingResults else { return [] }
    let batch = ResultBatch(capacity: capacity, aggregationCount: configuration.aggregations.count)
    var results: [TestResult] = []
    while hasPendingResults {
      batch.removeAll()
      try drainResults(into: batch)
      results += batch.testResults
    }
    return results
  }

  /// The windows kept as they stand.
  func list(_ key: [UInt8]? = nil, capacity: Int = 5_000) throws -> [TestResult] {
    let batch = ResultBatch(capacity: capacity, aggregationCount: configuration.aggregations.count)
    if let key { try key.withUnsafeBytes { try listWindows(ofKey: $0, into: batch) } } else { try listWindows(into: batch) }
    defer { forgetResults() }
    return batch.testResults
  }

  /// One batch as the lane does it. One list of results for each time that it had to drain, in the order in which they came, and what
  /// became of each record.
  func run(_ records: [TestRecord], now: Int64) throws -> (groups: [[TestResult]], outcomes: [UInt8]) {
    let batch = TestBatch(records, fieldCount: configuration.fieldCount)
    var groups: [[TestResult]] = []
    var next = 0
    while true {
      next = try process(batch.columns, from: next, to: records.count, now: now)
      if hasPendingResults { groups.append(try drainAll()) }
      if next == records.count { break }
    }
    endBatch()
    if hasPendingResults { groups.append(try drainAll()) }
    return (groups, batch.outcomes)
  }

  /// As `run`, each list in order of end and key.
  func runBatch(_ records: [TestRecord], now: Int64) throws -> [[TestResult]] {
    try run(records, now: now).groups.map { $0.sorted() }
  }
}

extension ResultBatch {
  /// Copies.
  var testResults: [TestResult] {
    (0..<count).map { r in
      let key = Array(UnsafeBufferPointer(start: keys[r], count: Int(keyLengths[r])))
      let cells = (0..<aggregationCount).map { a in
        let cell = r * aggregationCount + a
        return TestCell(kind: cellKinds[cell], bits: cellBits[cell])
      }
      return TestResult(
        key: key, start: windowStarts[r], end: windowEnds[r], revision: revisions[r], sequence: sequences[r], flags: flags[r], cells: cells)
    }
  }
}

extension ExecutorConfiguration {
  /// 10 ms windows, 3 ms delay, 5 ms lateness, 1,000 ms future skew unless told otherwise.
  static func small(
    size: Int64 = 10, offset: Int64 = 0, delay: Int64 = 3, lateness: Int64 = 5, skew: Int64 = 1_000,
    aggregations: [AggregationPlan] = [AggregationPlan(function: .count, field: nil)], fields: Int = 0
  ) -> ExecutorConfiguration {
    .of(.tumbling(size: size, offset: offset), delay: delay, lateness: lateness, skew: skew, aggregations: aggregations, fields: fields)
  }

  /// As `small`, with windows of any kind.
  static func of(
    _ window: WindowPlan, delay: Int64 = 3, lateness: Int64 = 5, skew: Int64 = 1_000,
    aggregations: [AggregationPlan] = [AggregationPlan(function: .count, field: nil)], fields: Int = 0
  ) -> ExecutorConfiguration {
    var configuration = ExecutorConfiguration(window: window, aggregations: aggregations, fieldCount: fields)
    configuration.maxDelay = delay
    configuration.allowedLateness = lateness
    configuration.maxFutureSkew = skew
    return configuration
  }

  static let allFunctions: [AggregationPlan] =
    [AggregationPlan(function: .count, field: nil)] + [AggregateFunction.count, .sum, .avg, .min, .max].map { AggregationPlan(function: $0, field: 0) }
}
