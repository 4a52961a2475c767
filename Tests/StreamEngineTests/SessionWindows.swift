import StreamEngine

/// Sessions of each key, in a plain list each.
final class SessionWindows: OracleWindows {
  struct Session {
    var start: Int64
    var last: Int64
    var records: [TestRecord]
    /// Largest of any result of it or of the sessions that became part of it.
    var revision: Int64 = 0
    /// A result with this start came out, and no retraction.
    var emitted = false
    var changed = true
    var fired = false
  }

  let configuration: ExecutorConfiguration
  let gap: Int64
  private(set) var sessions: [[UInt8]: [Session]] = [:]
  var results: [WantedResult] = []
  private(set) var fired: Int64 = 0
  /// Names of emitted sessions that were let go, and of those the ones that another session took.
  private var gone: Set<ResultName> = []
  private var reused: Set<ResultName> = []

  init(_ configuration: ExecutorConfiguration, gap: Int64) {
    self.configuration = configuration
    self.gap = gap
  }

  func add(_ record: TestRecord, watermark: Int64?, now: Int64) -> UInt8 {
    let all = sessions[record.key] ?? []
    let joins = { (session: Session) in
      record.timestamp >= session.start.minus(self.gap) && record.timestamp <= session.last.plus(self.gap)
    }
    let parts = all.filter(joins)
    var merged = Session(start: record.timestamp, last: record.timestamp, records: [record])
    for part in parts {
      merged.start = min(merged.start, part.start)
      merged.last = max(merged.last, part.last)
      merged.records += part.records
      merged.revision = max(merged.revision, part.revision)
    }
    let end = merged.last.plus(gap)
    if let watermark, end.plus(configuration.allowedLateness) <= watermark { return RecordOutcome.lateDropped }
    for var part in parts where part.emitted {
      if part.start == merged.start { merged.emitted = true } else { emit(&part, record.key, flags: ResultBatch.retracted) }
    }
    merged.fired = watermark.map { end <= $0 } ?? false
    if merged.fired, !parts.contains(where: \.fired) { fired += 1 }
    let name = ResultName(key: record.key, start: merged.start, sequence: 0)
    if gone.contains(name) { reused.insert(name) }
    sessions[record.key] = all.filter { !joins($0) } + [merged]
    return merged.fired ? RecordOutcome.lateAccepted : RecordOutcome.onTime
  }

  func move(_ watermark: Int64) {
    each { key, session in
      let end = session.last.plus(gap)
      if end <= watermark, !session.fired {
        session.fired = true
        fired += 1
        emit(&session, key)
      }
      guard end.plus(configuration.allowedLateness) <= watermark else { return true }
      if session.changed { emit(&session, key) }
      if session.emitted { gone.insert(ResultName(key: key, start: session.start, sequence: 0)) }
      return false
    }
  }

  func endBatch() {
    each { key, session in
      if session.fired, session.changed { emit(&session, key) }
      return true
    }
  }

  func emitEarly() {
    each { key, session in
      if !session.fired, session.changed { emit(&session, key, flags: ResultBatch.early) }
      return true
    }
  }

  func emitOpen() {
    each { key, session in
      if !session.fired { emit(&session, key, flags: ResultBatch.early) }
      return true
    }
  }

  /// Calls with every session; one for which false comes back is let go.
  private func each(_ body: ([UInt8], inout Session) -> Bool) {
    for (key, list) in sessions {
      var kept: [Session] = []
      for var session in list where body(key, &session) { kept.append(session) }
      sessions[key] = kept.isEmpty ? nil : kept
    }
  }

  private func emit(_ session: inout Session, _ key: [UInt8], flags: UInt8 = 0) {
    session.revision += 1
    session.emitted = true
    session.changed = false
    let end = session.last.plus(gap)
    let result = WantedResult(
      place: TestResult(key: key, start: session.start, end: end, revision: session.revision, flags: flags, cells: []),
      cells: Figures.of(session.records, start: session.start, end: end, configuration.aggregations))
    results.append(result)
  }

  func isOpen(_ name: ResultName) -> Bool {
    sessions[name.key]?.contains { $0.start == name.start && !$0.fired } ?? false
  }

  func isReused(_ name: ResultName) -> Bool { reused.contains(name) }

  var largestRevision: Int64 { sessions.values.joined().map(\.revision).max() ?? 0 }

  func eachKept(_ body: ([TestRecord]) -> Void) {
    for list in sessions.values {
      for session in list { body(session.records) }
    }
  }
}
