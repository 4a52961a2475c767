import StreamEngine

/// A random case whose shard is lost again and again and put together from the log, beside one that nothing happens to: from then on
/// a reader of both must have the same last results.
struct ReplayRun {
  private let test: RandomCase
  private var random: SeededGenerator
  private let whole: ShardExecutor
  private var rebuilt: ShardExecutor
  private var store = PageStore()
  private var hasStored = false
  /// Every record so far, as the log has it.
  private var log: [TestRecord] = []
  private var lastOfWhole: [ResultName: TestResult] = [:]
  private var lastOfRebuilt: [ResultName: TestResult] = [:]
  /// Largest revision of each name that the rebuilt one has emitted.
  private var revisions: [ResultName: Int64] = [:]
  private(set) var rebuilds = 0

  /// Returns how often it was rebuilt; 0 where the case has something that a rebuild does not promise.
  static func compare(_ test: RandomCase, seed: UInt64) throws -> Int {
    var run = ReplayRun(test, seed)
    let oracle = Oracle(test.configuration, inputs: test.inputs)
    guard isExact(test, oracle) else { return 0 }
    for (number, step) in test.steps.enumerated() {
      do { try run.take(step) } catch let mismatch as CaseRun.Mismatch {
        throw CaseRun.Mismatch(description: "step \(number) of \(test.steps.count), \(step): \(mismatch)\n  \(test.brief)")
      }
    }
    try run.compareLast(oracle)
    return run.rebuilds
  }

  /// Sessions promise nothing where a record was the lateness or more behind the watermark: it joins sessions that were gone then.
  ///
  /// What came out of open windows once, at a stop by wish, is not known after a rebuild: its revisions may come again.
  private static func isExact(_ test: RandomCase, _ oracle: Oracle) -> Bool {
    var isExact = true
    for step in test.steps {
      if case .emitOpen = step, test.configuration.earlyInterval == nil { isExact = false }
      _ = oracle.take(step)
      guard case .session = test.configuration.window, case .batch(let records, _) = step, let watermark = oracle.clock.watermark else { continue }
      let oldest = watermark - test.configuration.allowedLateness
      if records.contains(where: { $0.timestamp <= oldest && $0.status == RecordStatus.decoded }) { isExact = false }
    }
    return isExact
  }

  private init(_ test: RandomCase, _ seed: UInt64) {
    self.test = test
    random = SeededGenerator(state: seed ^ 0x5eed)
    whole = ShardExecutor(configuration: test.configuration, inputs: test.inputs)
    rebuilt = ShardExecutor(configuration: test.configuration, inputs: test.inputs)
  }

  private mutating func take(_ step: RandomCase.Step) throws {
    if case .snapshot(let full, let restore) = step {
      store.apply(rebuilt.snapshot(full: full || !hasStored))
      hasStored = true
      if restore, let state = store.load() { rebuilt = try ShardExecutor(configuration: test.configuration, restoring: state) }
    } else {
      try take(step, log.count)
    }
    guard random.chance(15) else { return }
    // A rebuilt shard knows nothing of idleness, which the lane finds again.
    for executor in [whole, rebuilt] { executor.markActive(Array(0..<test.inputs)) }
    note(try whole.drainAll(), try rebuilt.drainAll())
    try rebuild()
  }

  private mutating func take(_ step: RandomCase.Step, _ known: Int) throws {
    if case .batch(let records, _) = step { log += records }
    let (before, atRevision) = (rebuilt.watermark, rebuilt.largestRevision)
    let ofWhole = try whole.take(step).results
    let ofRebuilt = try rebuilt.take(step).results
    guard whole.watermark == rebuilt.watermark else {
      throw CaseRun.Mismatch(description: "watermark \(String(describing: rebuilt.watermark)), whole \(String(describing: whole.watermark)), before \(String(describing: before)), revision \(atRevision)")
    }
    for result in ofRebuilt {
      let previous = revisions[result.name] ?? 0
      if result.revision <= previous { throw CaseRun.Mismatch(description: "revision of \(result) after \(previous)") }
      revisions[result.name] = result.flags & ResultBatch.retracted == 0 ? result.revision : nil
    }
    note(ofWhole, ofRebuilt)
  }

  private mutating func note(_ ofWhole: [TestResult], _ ofRebuilt: [TestResult]) {
    for result in ofWhole { lastOfWhole[result.name] = result.flags & ResultBatch.retracted == 0 ? result : nil }
    for result in ofRebuilt { lastOfRebuilt[result.name] = result.flags & ResultBatch.retracted == 0 ? result : nil }
  }

  /// Throws the shard away and reads its windows again from the offsets that its commit would have named.
  private mutating func rebuild() throws {
    rebuilds += 1
    hasStored = false
    let start = ReplayStart(
      watermark: rebuilt.watermark, inputs: (0..<test.inputs).map { rebuilt.inputTime($0).watermark },
      largestRevision: rebuilt.largestRevision)
    let from = (0..<test.inputs).map { rebuilt.replayFrom($0) ?? .max }
    let fresh = ShardExecutor(configuration: test.configuration, inputs: test.inputs, replaying: start)
    var queues = (0..<test.inputs).map { input in log.filter { $0.input == input && $0.offset >= from[input] } }
    while queues.contains(where: { !$0.isEmpty }) {
      let input = Int.random(in: 0..<test.inputs, using: &random)
      let count = min(queues[input].count, Int.random(in: 1...6, using: &random))
      let batch = TestBatch(Array(queues[input].prefix(count)), fieldCount: test.configuration.fieldCount)
      queues[input].removeFirst(count)
      guard try fresh.process(batch.columns, from: 0, to: count, now: .max) == count, !fresh.hasPendingResults else {
        throw CaseRun.Mismatch(description: "results pend while records come again")
      }
      fresh.endBatch()
    }
    fresh.endReplay()
    guard !fresh.hasPendingResults else { throw CaseRun.Mismatch(description: "results pend after a rebuild") }
    guard fresh.counters == ExecutorCounters() else { throw CaseRun.Mismatch(description: "records that came again were counted") }
    let (keys, wanted) = (fresh.keyCount, rebuilt.keyCount)
    guard keys == wanted, fresh.openWindows == rebuilt.openWindows else {
      throw CaseRun.Mismatch(description: "\(keys) rows and \(fresh.openWindows) open windows after a rebuild, before \(wanted) and \(rebuilt.openWindows)")
    }
    for input in 0..<test.inputs where fresh.inputTime(input).watermark != rebuilt.inputTime(input).watermark {
      throw CaseRun.Mismatch(description: "the watermark of input \(input) moved")
    }
    rebuilt = fresh
  }

  private func compareLast(_ oracle: Oracle) throws {
    let plans = test.configuration.aggregations
    for name in Set(lastOfWhole.keys).union(lastOfRebuilt.keys) where !oracle.windows.isReused(name) {
      var wanted = lastOfWhole[name]
      wanted?.revision = lastOfRebuilt[name]?.revision ?? 0
      if let got = lastOfRebuilt[name], let cells = wanted?.cells, plans.same(got.cells, cells) { wanted?.cells = got.cells }
      if lastOfRebuilt[name] != wanted {
        throw CaseRun.Mismatch(
          description: "last result \(lastOfRebuilt[name]?.description ?? "none"), of the undisturbed \(lastOfWhole[name]?.description ?? "none")\n  \(test.brief)")
      }
    }
  }
}
