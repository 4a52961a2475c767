import StreamEngine

/// Tumbling and sliding windows. Each keeps all its records, so a record lies in size / slide of them.
final class AlignedWindows: OracleWindows {
  /// What a window holds of a key.
  struct Row {
    var records: [TestRecord] = []
    var revision: Int64 = 0
    /// Since it was last emitted.
    var changed = false
  }
  struct Window {
    var rows: [[UInt8]: Row] = [:]
    var fired: Bool
  }

  let configuration: ExecutorConfiguration
  let size: Int64
  let slide: Int64
  let offset: Int64
  /// By start; kept ones only.
  private(set) var windows: [Int64: Window] = [:]
  var results: [WantedResult] = []
  private(set) var fired: Int64 = 0

  init(_ configuration: ExecutorConfiguration, size: Int64, slide: Int64, offset: Int64) {
    self.configuration = configuration
    self.size = size
    self.slide = slide
    self.offset = offset
  }

  func add(_ record: TestRecord, watermark: Int64?, now: Int64) -> UInt8 {
    var outcome = RecordOutcome.lateDropped
    // The last start at or before the record, then those before it whose window still covers it.
    var start = Int64((Double(record.timestamp - offset) / Double(slide)).rounded(.down)) * slide + offset
    while start + size > record.timestamp {
      let late = watermark.map { start + size <= $0 } ?? false
      let gone = watermark.map { (start + size).plus(configuration.allowedLateness) <= $0 } ?? false
      if !gone {
        windows[start, default: Window(fired: late)].rows[record.key, default: Row()].records.append(record)
        windows[start]?.rows[record.key]?.changed = true
        outcome = min(outcome, late ? RecordOutcome.lateAccepted : RecordOutcome.onTime)
      }
      start -= slide
    }
    return outcome
  }

  func move(_ watermark: Int64) {
    for start in windows.keys.sorted() where start + size <= watermark {
      if windows[start]?.fired == false {
        windows[start]?.fired = true
        fired += 1
        emit(start, all: true)
      }
      if (start + size).plus(configuration.allowedLateness) <= watermark {
        emit(start)
        windows[start] = nil
      }
    }
  }

  func endBatch() {
    for (start, window) in windows where window.fired { emit(start) }
  }

  func emitEarly() {
    for (start, window) in windows where !window.fired { emit(start, flags: ResultBatch.early) }
  }

  func emitOpen() {
    for (start, window) in windows where !window.fired { emit(start, all: true, flags: ResultBatch.early) }
  }

  private func emit(_ start: Int64, all: Bool = false, flags: UInt8 = 0) {
    for (key, row) in windows[start]?.rows ?? [:] where all || row.changed {
      windows[start]?.rows[key]?.changed = false
      windows[start]?.rows[key]?.revision = row.revision + 1
      results.append(
        WantedResult(
          place: TestResult(key: key, start: start, end: start + size, revision: row.revision + 1, flags: flags, cells: []),
          cells: Figures.of(row.records, start: start, end: start + size, configuration.aggregations)))
    }
  }

  func isOpen(_ name: ResultName) -> Bool { windows[name.start]?.fired == false }

  func eachKept(_ body: ([TestRecord]) -> Void) {
    for window in windows.values {
      for row in window.rows.values { body(row.records) }
    }
  }

  var largestRevision: Int64 { windows.values.flatMap { $0.rows.values.map(\.revision) }.max() ?? 0 }
  var rowCount: Int { windows.values.reduce(0) { $0 + $1.rows.count } }
  var openCount: Int { windows.values.count { !$0.fired } }
}
