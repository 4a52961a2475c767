import StreamEngine

/// Computes windows from the records themselves, by the definitions and without any of the engine's shortcuts: no slices, no sketches,
/// no deferring. It keeps every record and recomputes each figure and each minimum when it is asked for.
final class Oracle {
  let configuration: ExecutorConfiguration
  let windows: any OracleWindows
  private(set) var clock: OracleClock
  private var judged = ExecutorCounters()
  /// What became of each record of the last batch.
  private(set) var outcomes: [UInt8] = []

  init(_ configuration: ExecutorConfiguration, inputs: Int) {
    self.configuration = configuration
    clock = OracleClock(configuration, inputs: inputs)
    windows =
      switch configuration.window {
      case .tumbling(let size, let offset): AlignedWindows(configuration, size: size, slide: size, offset: offset)
      case .sliding(let size, let slide, let offset): AlignedWindows(configuration, size: size, slide: slide, offset: offset)
      case .session(let gap): SessionWindows(configuration, gap: gap)
      case .count(let size, let maxAge): CountWindows(configuration, size: size, maxAge: maxAge)
      }
  }

  var counters: ExecutorCounters {
    var all = judged
    all.windowsFired = windows.fired
    all.futureSkewed = clock.futureSkewed
    return all
  }

  func batch(_ records: [TestRecord], now: Int64) -> [WantedResult] {
    outcomes = []
    for record in records {
      let outcome = judge(record, now: now)
      outcomes.append(outcome)
      guard outcome != RecordOutcome.none else { continue }
      clock.observe(record, now: now)
      move()
    }
    windows.endBatch()
    return take()
  }

  private func judge(_ record: TestRecord, now: Int64) -> UInt8 {
    if record.status == RecordStatus.filtered {
      judged.filtered += 1
      return RecordOutcome.filtered
    }
    guard record.status == RecordStatus.decoded else { return RecordOutcome.none }
    let outcome = windows.add(record, watermark: clock.watermark, now: now)
    switch outcome {
    case RecordOutcome.onTime: judged.onTime += 1
    case RecordOutcome.lateAccepted: judged.lateAccepted += 1
    default: judged.lateDropped += 1
    }
    return outcome
  }

  func markIdle(_ input: Int, now: Int64) -> [WantedResult] {
    clock.markIdle(input, now: now)
    return moved()
  }

  func markActive(_ input: Int) -> [WantedResult] {
    clock.markActive(input)
    return moved()
  }

  func advance(now: Int64) -> [WantedResult] {
    clock.advance(now: now)
    windows.age(now: now)
    return moved()
  }

  func set(_ time: Int64, input: Int?) -> [WantedResult] {
    clock.set(time, input: input)
    return moved()
  }

  func emitEarly() -> [WantedResult] {
    windows.emitEarly()
    return take()
  }

  func emitOpen() -> [WantedResult] {
    windows.emitOpen()
    return take()
  }

  private func move() {
    if let watermark = clock.watermark { windows.move(watermark) }
  }

  private func moved() -> [WantedResult] {
    move()
    return take()
  }

  private func take() -> [WantedResult] {
    defer { windows.results = [] }
    return windows.results
  }
}
