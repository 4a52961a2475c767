import StreamEngine

/// What is left of a random case when its batches are cut differently: the last results and what became of each record.
struct CutRun {
  private var last: [ResultName: TestResult] = [:]
  private var outcomes: [UInt8] = []
  private var counters = ExecutorCounters()

  /// Throws where they differ.
  static func compare(_ test: RandomCase) throws {
    let whole = try run(test, cut: 1_000)
    // Where a session is let go and another takes its start, whether that one came out before its start moved is a matter of batches.
    let oracle = Oracle(test.configuration, inputs: test.inputs)
    for step in test.steps { _ = oracle.take(step) }
    for cut in [1, 2, 7] {
      guard let difference = try run(test, cut: cut).difference(from: whole, test.configuration.aggregations, but: oracle.windows.isReused) else { continue }
      throw CaseRun.Mismatch(description: "cut into batches of \(cut): \(difference)\n  \(test.brief)")
    }
  }

  /// With all batches between two other steps joined and cut into pieces of `cut`.
  static func run(_ test: RandomCase, cut: Int) throws -> CutRun {
    let executor = ShardExecutor(configuration: test.configuration, inputs: test.inputs)
    var run = CutRun()
    var waiting: [(record: TestRecord, now: Int64)] = []
    func flush() throws {
      while let now = waiting.first?.now {
        // A batch has one wall clock.
        let piece = waiting.prefix(cut).prefix { $0.now == now }
        waiting.removeFirst(piece.count)
        let (groups, outcomes) = try executor.run(piece.map(\.record), now: now)
        run.outcomes += outcomes
        groups.joined().forEach { run.note($0) }
      }
    }
    for step in test.steps {
      if case .batch(let records, let now) = step {
        waiting += records.map { ($0, now) }
        continue
      }
      try flush()
      try executor.take(step).results.forEach { run.note($0) }
    }
    try flush()
    run.counters = executor.counters
    // A session that is swallowed between its end and its leaving never fired.
    if case .session = test.configuration.window { run.counters.windowsFired = 0 }
    return run
  }

  private mutating func note(_ result: TestResult) {
    last[result.name] = result.flags & ResultBatch.retracted == 0 ? result : nil
  }

  /// nil: none but in revisions and the last digits of what is not exact.
  private func difference(from other: CutRun, _ plans: [AggregationPlan], but isReused: (ResultName) -> Bool) -> String? {
    if outcomes != other.outcomes { return "outcomes \(outcomes), whole \(other.outcomes)" }
    if counters != other.counters { return "\(counters), whole \(other.counters)" }
    for name in Set(last.keys).union(other.last.keys) where !isReused(name) {
      var whole = other.last[name]
      whole?.revision = last[name]?.revision ?? 0
      if let mine = last[name], let cells = whole?.cells, plans.same(mine.cells, cells) { whole?.cells = mine.cells }
      if last[name] != whole { return "\(last[name].map(\.description) ?? "none"), whole \(whole.map(\.description) ?? "none")" }
    }
    return nil
  }
}
