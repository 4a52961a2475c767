import StreamEngine

/// Computes windows from the records themselves, by the definitions and without any of the engine's shortcuts: it keeps every
/// record and recomputes each figure and each minimum when it is asked for.
final class Oracle {
  struct Window {
    var records: [TestRecord] = []
    var fired = false
    var revisions: [[UInt8]: Int64] = [:]
    var changed: Set<[UInt8]> = []
  }

  let configuration: ExecutorConfiguration
  var window: (size: Int64, offset: Int64) {
    if case .tumbling(let size, let offset) = configuration.window { (size, offset) } else { (1, 0) }
  }
  var watermarks: [Int64?]
  var idle: [Bool]
  var watermark: Int64?
  var allIdle: (since: Int64, base: Int64?)?
  /// By start; kept ones only.
  var windows: [Int64: Window] = [:]
  var counters = ExecutorCounters()
  /// Last figures of each key and window.
  var last: [String: [TestCell]] = [:]

  init(_ configuration: ExecutorConfiguration, inputs: Int) {
    self.configuration = configuration
    watermarks = Array(repeating: nil, count: inputs)
    idle = Array(repeating: false, count: inputs)
  }

  func end(_ start: Int64) -> Int64 { start + window.size }

  func start(_ timestamp: Int64) -> Int64 {
    let size = Double(window.size)
    let index = (Double(timestamp - window.offset) / size).rounded(.down)
    return Int64(index) * window.size + window.offset
  }

  func batch(_ records: [TestRecord], now: Int64) -> [[TestResult]] {
    var groups: [[TestResult]] = []
    for record in records where record.status == 0 {
      judge(record)
      observe(record, now: now)
      groups.append(move())
    }
    var revisions: [TestResult] = []
    for start in windows.keys.sorted() where windows[start]?.fired == true { revisions += revise(start) }
    groups.append(revisions)
    return groups.map { $0.sorted() }.filter { !$0.isEmpty }
  }

  private func judge(_ record: TestRecord) {
    let start = start(record.timestamp)
    if let watermark, end(start) + configuration.allowedLateness <= watermark {
      counters.lateDropped += 1
      return
    }
    let late = watermark.map { end(start) <= $0 } ?? false
    var window = windows[start] ?? Window(fired: late)
    window.records.append(record)
    if late { window.changed.insert(record.key) }
    if late { counters.lateAccepted += 1 } else { counters.onTime += 1 }
    windows[start] = window
  }

  private func observe(_ record: TestRecord, now: Int64) {
    idle[record.input] = false
    allIdle = nil
    if record.timestamp > now + configuration.maxFutureSkew {
      counters.futureSkewed += 1
    } else {
      let time = record.timestamp - configuration.maxDelay
      watermarks[record.input] = max(time, watermarks[record.input] ?? time)
    }
    takeMinimum()
  }

  private func takeMinimum() {
    let active = watermarks.indices.filter { !idle[$0] }.map { watermarks[$0] }
    guard !active.isEmpty, !active.contains(where: { $0 == nil }) else { return }
    raise(active.compactMap { $0 }.min())
  }

  private func raise(_ time: Int64?) {
    guard let time else { return }
    watermark = max(time, watermark ?? time)
  }

  func markIdle(_ input: Int, now: Int64) -> [TestResult] {
    guard !idle[input] else { return [] }
    idle[input] = true
    takeMinimum()
    if !idle.contains(false) {
      raise(watermarks[input] ?? watermarks.compactMap { $0 }.min())
      allIdle = (now, watermark)
    }
    return move().sorted()
  }

  func advance(now: Int64) -> [TestResult] {
    if let allIdle, let base = allIdle.base { raise(base + max(0, now - allIdle.since)) }
    return move().sorted()
  }

  /// Fires and lets go of what the watermark has reached.
  private func move() -> [TestResult] {
    guard let watermark else { return [] }
    var results: [TestResult] = []
    for start in windows.keys.sorted() {
      if end(start) <= watermark, windows[start]?.fired == false {
        windows[start]?.fired = true
        let keys = Set(windows[start]?.records.map(\.key) ?? [])
        windows[start]?.changed = keys
        counters.windowsFired += 1
        results += revise(start)
      }
      if end(start) + configuration.allowedLateness <= watermark {
        results += revise(start)
        windows[start] = nil
      }
    }
    return results
  }

  private func revise(_ start: Int64) -> [TestResult] {
    guard let window = windows[start] else { return [] }
    windows[start]?.changed = []
    return window.changed.map { key in
      let revision = (window.revisions[key] ?? 0) + 1
      windows[start]?.revisions[key] = revision
      let cells = configuration.aggregations.map { plan in
        Oracle.figure(plan, window.records.filter { $0.key == key })
      }
      last["\(start) \(key)"] = cells
      return TestResult(key: key, start: start, end: end(start), revision: revision, cells: cells)
    }
  }

  func replayFrom(_ input: Int) -> Int64? {
    windows.values.flatMap(\.records).filter { $0.input == input }.map(\.offset).min()
  }

  var largestRevision: Int64 {
    windows.values.flatMap { $0.revisions.values }.max() ?? 0
  }

  var keyCount: Int {
    windows.values.reduce(0) { $0 + Set($1.records.map(\.key)).count }
  }

  /// The values in tests are such that doubles add up exactly, so plain addition is right.
  static func figure(_ plan: AggregationPlan, _ records: [TestRecord]) -> TestCell {
    guard let field = plan.field else { return .int(Int64(records.count)) }
    let cells = records.map { $0.cells[field] }.filter { $0 != .missing }
    if plan.function == .count { return .int(Int64(cells.count)) }
    if cells.isEmpty { return .missing }
    let integers = cells.reduce(Int128(0)) { if case .int(let value) = $1 { $0 + Int128(value) } else { $0 } }
    let doubles = cells.reduce(0.0) { if case .double(let value) = $1 { $0 + value } else { $0 } }
    let anyDouble = cells.contains { $0.kind == CellKind.double }
    let sum = Double(integers) + doubles
    switch plan.function {
    case .sum:
      if !anyDouble, let whole = Int64(exactly: integers) { return .int(whole) }
      return .double(sum)
    case .avg: return .double(sum / Double(cells.count))
    case .min: return cells.sorted(by: ordered)[0]
    case .max: return cells.sorted(by: ordered)[cells.count - 1]
    default: return .missing
    }
  }

  /// By value; of equal ones the integer first. Small values only, so that doubles are exact.
  private static func ordered(_ a: TestCell, _ b: TestCell) -> Bool {
    func value(_ cell: TestCell) -> Double {
      switch cell {
      case .int(let value): Double(value)
      case .double(let value): value
      case .missing: 0
      }
    }
    return value(a) != value(b) ? value(a) < value(b) : a.kind < b.kind
  }
}
