import StreamEngine

/// A value of a numeric column.
enum TestCell: Hashable, CustomStringConvertible {
  case missing
  case int(Int64)
  case double(Double)

  init(kind: UInt8, bits: UInt64) {
    switch kind {
    case CellKind.integer: self = .int(Int64(bitPattern: bits))
    case CellKind.double: self = .double(Double(bitPattern: bits))
    default: self = .missing
    }
  }

  var kind: UInt8 {
    switch self {
    case .missing: CellKind.missing
    case .int: CellKind.integer
    case .double: CellKind.double
    }
  }

  var bits: UInt64 {
    switch self {
    case .missing: 0
    case .int(let value): UInt64(bitPattern: value)
    case .double(let value): value.bitPattern
    }
  }

  var description: String {
    switch self {
    case .missing: "-"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)d"
    }
  }
}

struct TestRecord {
  var input = 0
  var offset: Int64 = 0
  var timestamp: Int64
  var key: [UInt8]
  var cells: [TestCell] = []
  var status: UInt8 = 0

  init(_ timestamp: Int64, _ key: String = "a", _ cells: TestCell..., input: Int = 0, offset: Int64 = 0, status: UInt8 = 0) {
    self.timestamp = timestamp
    self.key = Array(key.utf8)
    self.cells = cells
    self.input = input
    self.offset = offset
    self.status = status
  }
}

/// A result that came out of an executor or of the oracle.
struct TestResult: Hashable, Comparable, CustomStringConvertible {
  var key: [UInt8]
  var start: Int64
  var end: Int64
  var revision: Int64
  var cells: [TestCell]

  static func < (a: TestResult, b: TestResult) -> Bool {
    a.end != b.end ? a.end < b.end : a.key.lexicographicallyPrecedes(b.key)
  }

  var description: String {
    let name = key.count > 20 ? "\(key.count) bytes" : String(decoding: key, as: UTF8.self)
    return "\(name)@\(start)#\(revision)=" + cells.map(\.description).joined(separator: ",")
  }
}

/// Owns the arrays that a `RecordColumns` borrows.
final class TestBatch {
  let columns: RecordColumns
  private let owned: [UnsafeMutableRawPointer]

  init(_ records: [TestRecord], fieldCount: Int) {
    var owned: [UnsafeMutableRawPointer] = []
    func array<T>(_ values: [T]) -> UnsafePointer<T> {
      let copy = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
      copy.initialize(from: values, count: values.count)
      owned.append(UnsafeMutableRawPointer(copy))
      return UnsafePointer(copy)
    }
    let cells = (0..<fieldCount).flatMap { field in records.map { field < $0.cells.count ? $0.cells[field] : .missing } }
    columns = RecordColumns(
      count: records.count, inputs: array(records.map { Int32($0.input) }), offsets: array(records.map(\.offset)),
      timestamps: array(records.map(\.timestamp)),
      keys: array(records.map { record -> UnsafePointer<UInt8>? in record.key.isEmpty ? nil : array(record.key) }),
      keyLengths: array(records.map { Int32($0.key.count) }), status: array(records.map(\.status)),
      cellKinds: array(cells.map(\.kind)), cellBits: array(cells.map(\.bits)), stride: records.count)
    self.owned = owned
  }

  deinit {
    for pointer in owned { pointer.deallocate() }
  }
}

extension ShardExecutor {
  /// All that is pending, drained a few results at a time.
  func drainAll(capacity: Int = 3) throws -> [TestResult] {
    let batch = ResultBatch(capacity: capacity, aggregationCount: configuration.aggregations.count)
    var results: [TestResult] = []
    while hasPendingResults {
      batch.removeAll()
      try drainResults(into: batch)
      for r in 0..<batch.count {
        let key = Array(UnsafeBufferPointer(start: batch.keys[r], count: Int(batch.keyLengths[r])))
        let cells = (0..<batch.aggregationCount).map { a in
          let cell = r * batch.aggregationCount + a
          return TestCell(kind: batch.cellKinds[cell], bits: batch.cellBits[cell])
        }
        results.append(
          TestResult(
            key: key, start: batch.windowStarts[r], end: batch.windowEnds[r], revision: batch.revisions[r], cells: cells))
      }
    }
    return results
  }

  /// One batch as the lane does it. One list of results for each time that it had to drain, each in order of end and key.
  func runBatch(_ records: [TestRecord], now: Int64) throws -> [[TestResult]] {
    let batch = TestBatch(records, fieldCount: configuration.fieldCount)
    var groups: [[TestResult]] = []
    var next = 0
    while true {
      next = try process(batch.columns, from: next, to: records.count, now: now)
      if hasPendingResults { groups.append(try drainAll().sorted()) }
      if next == records.count { break }
    }
    endBatch()
    if hasPendingResults { groups.append(try drainAll().sorted()) }
    return groups
  }
}

extension ExecutorConfiguration {
  /// 10 ms windows, 3 ms delay, 5 ms lateness, 1,000 ms future skew unless told otherwise.
  static func small(
    size: Int64 = 10, offset: Int64 = 0, delay: Int64 = 3, lateness: Int64 = 5, skew: Int64 = 1_000,
    aggregations: [AggregationPlan] = [AggregationPlan(function: .count, field: nil)], fields: Int = 0
  ) -> ExecutorConfiguration {
    var configuration = ExecutorConfiguration(
      window: .tumbling(size: size, offset: offset), aggregations: aggregations, fieldCount: fields)
    configuration.maxDelay = delay
    configuration.allowedLateness = lateness
    configuration.maxFutureSkew = skew
    return configuration
  }

  static let allFunctions: [AggregationPlan] =
    [AggregationPlan(function: .count, field: nil)] + [AggregateFunction.count, .sum, .avg, .min, .max].map { AggregationPlan(function: $0, field: 0) }
}
