import StreamEngine

/// Every n records of a key as they come.
final class CountWindows: OracleWindows {
  struct Row {
    var records: [TestRecord] = []
    var sequence: Int64 = 1
    var revision: Int64 = 0
    /// Wall clock at the first record.
    var since: Int64 = 0
    var changed = false
  }

  let configuration: ExecutorConfiguration
  let size: Int64
  let maxAge: Int64?
  private var rows: [[UInt8]: Row] = [:]
  var results: [WantedResult] = []
  private(set) var fired: Int64 = 0

  init(_ configuration: ExecutorConfiguration, size: Int64, maxAge: Int64?) {
    self.configuration = configuration
    self.size = size
    self.maxAge = maxAge
  }

  func add(_ record: TestRecord, watermark: Int64?, now: Int64) -> UInt8 {
    var row = rows[record.key] ?? Row()
    if row.records.isEmpty { row.since = now }
    row.records.append(record)
    row.changed = true
    rows[record.key] = row
    if row.records.count == size { emit(record.key) }
    return RecordOutcome.onTime
  }

  func move(_ watermark: Int64) {}
  func endBatch() {}

  func emitEarly() {
    for (key, row) in rows where row.changed { emit(key, flags: ResultBatch.early) }
  }

  func emitOpen() {
    for (key, row) in rows where !row.records.isEmpty { emit(key, flags: ResultBatch.early) }
  }

  func age(now: Int64) {
    guard let maxAge else { return }
    for (key, row) in rows where !row.records.isEmpty && now.minus(row.since) >= maxAge { emit(key) }
  }

  private func emit(_ key: [UInt8], flags: UInt8 = 0) {
    guard var row = rows[key] else { return }
    let times = row.records.map(\.timestamp)
    let (start, end) = (times.min() ?? 0, times.max() ?? 0)
    row.revision += 1
    row.changed = false
    results.append(
      WantedResult(
        place: TestResult(
          key: key, start: start, end: end, revision: row.revision, sequence: row.sequence, flags: flags, cells: []),
        cells: Figures.of(row.records, start: start, end: end, configuration.aggregations)))
    if flags == 0 {
      fired += 1
      row = Row(sequence: row.sequence + 1)
    }
    rows[key] = row
  }

  func isOpen(_ name: ResultName) -> Bool { rows[name.key]?.sequence == name.sequence }
  var largestRevision: Int64 { rows.values.map(\.revision).max() ?? 0 }

  func eachKept(_ body: ([TestRecord]) -> Void) {
    for row in rows.values { body(row.records) }
  }
}
