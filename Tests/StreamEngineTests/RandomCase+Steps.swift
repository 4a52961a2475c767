import StreamEngine

extension Oracle {
  /// Does a step of a case. A snapshot is none of its business.
  func take(_ step: RandomCase.Step) -> [WantedResult] {
    switch step {
    case .batch(let records, let now): batch(records, now: now)
    case .markIdle(let input, let now): markIdle(input, now: now)
    case .markActive(let input): markActive(input)
    case .advance(let now): advance(now: now)
    case .setWatermark(let time, let input): set(time, input: input)
    case .emitEarly: emitEarly()
    case .emitOpen: emitOpen()
    case .snapshot: []
    }
  }
}

extension ShardExecutor {
  /// Does a step of a case; not a snapshot. Returns what came out and what became of each record.
  func take(_ step: RandomCase.Step) throws -> (results: [TestResult], outcomes: [UInt8]) {
    switch step {
    case .batch(let records, let now):
      let (groups, outcomes) = try run(records, now: now)
      return (Array(groups.joined()), outcomes)
    case .markIdle(let input, let now): markIdle(input, now: now)
    case .markActive(let input): markActive(input)
    case .advance(let now): advance(now: now)
    case .setWatermark(let time, let input): setWatermark(time, input: input)
    case .emitEarly(let now): emitEarly(now: now)
    case .emitOpen: emitOpen()
    case .snapshot: break
    }
    return (try drainAll(), [])
  }
}
