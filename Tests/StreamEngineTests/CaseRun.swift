import StreamEngine

/// Runs a random case through an executor and the oracle side by side, and says where they first differ.
struct CaseRun {
  struct Mismatch: Error, CustomStringConvertible {
    var description: String
  }

  let test: RandomCase
  private let oracle: Oracle
  private var executor: ShardExecutor
  private var store = PageStore()
  private var hasStored = false
  /// Of executors before the last restore.
  private var earlier = ExecutorCounters()
  /// What a reader of each has: results that were not retracted.
  private var wanted: [ResultName: WantedResult] = [:]
  private var got: [ResultName: TestResult] = [:]
  /// Largest revision of each name so far.
  private var revisions: [ResultName: Int64] = [:]
  private var results = 0

  /// Returns how many results there were.
  static func compare(_ test: RandomCase) throws -> Int {
    var run = CaseRun(test)
    for (number, step) in test.steps.enumerated() {
      do {
        try run.take(step)
        try run.compareFacts()
      } catch let mismatch as Mismatch {
        throw Mismatch(description: "step \(number) of \(test.steps.count), \(brief(step)): \(mismatch)\n  \(test.brief)")
      }
    }
    return run.results
  }

  private init(_ test: RandomCase) {
    self.test = test
    oracle = Oracle(test.configuration, inputs: test.inputs)
    executor = ShardExecutor(configuration: test.configuration, inputs: test.inputs)
  }

  private mutating func take(_ step: RandomCase.Step) throws {
    if case .snapshot(let full, let restore) = step { return try copy(full: full, restore: restore) }
    let watermark = oracle.clock.watermark
    var listed: [TestResult]?
    if case .emitOpen = step { listed = try checkList() }
    let (got, outcomes) = try executor.take(step)
    let wanted = oracle.take(step)
    if case .batch = step { try equal(outcomes, oracle.outcomes, "outcomes") }
    if let listed {
      // What is open comes out just as it was listed.
      let open = listed.filter { $0.flags == ResultBatch.early }.map { result in
        var result = result
        result.revision += 1
        return result
      }
      try same(open.sorted(), got.sorted(), "list of open windows")
    }
    switch step {
    case .emitEarly, .emitOpen: try compare(wanted, got, after: nil, early: true)
    default: try compare(wanted, got, after: watermark)
    }
  }

  /// The windows kept as they stand: what is closed is what came out last, and a key has what is its own of all.
  private func checkList() throws -> [TestResult] {
    let listed = try executor.list()
    try require(zip(listed, listed.dropFirst()).allSatisfy { $0.end <= $1.end }, "list out of order: \(listed)")
    for result in listed where result.flags == 0 { try same([result], got[result.name].map { [$0] } ?? [], "list of a closed window") }
    if case .tumbling = test.configuration.window { try equal(listed.count, executor.keyCount, "windows listed") }
    for key in Set(listed.map(\.key)) {
      try same(try executor.list(key), listed.filter { $0.key == key }, "list of one key")
    }
    try equal(try executor.list([0xee, 0xff]), [], "list of a key that is not there")
    try require(try executor.list(capacity: 2).map(\.end) == listed.prefix(2).map(\.end), "a short list begins as the long one")
    return listed
  }

  private mutating func copy(full: Bool, restore: Bool) throws {
    store.apply(executor.snapshot(full: full || !hasStored))
    hasStored = true
    guard restore, let state = store.load() else { return }
    earlier = earlier + executor.counters
    executor = try ShardExecutor(configuration: test.configuration, restoring: state)
    try require(!executor.hasPendingResults, "a restored executor has results pending")
  }

  // MARK: Results

  /// `after`: the watermark before the step.
  private mutating func compare(_ wanted: [WantedResult], _ got: [TestResult], after watermark: Int64?, early: Bool = false) throws {
    results += got.count
    for result in got {
      if !early { try require(result.flags & ResultBatch.early == 0, "early, though nobody asked: \(result)") }
      try checkRevision(result)
    }
    if isExact { try compareAll(wanted, got) }
    if test.isStepwise { try checkOrder(got, after: watermark) }
    var names: Set<ResultName> = []
    for result in wanted {
      names.insert(result.place.name)
      self.wanted[result.place.name] = result.place.flags & ResultBatch.retracted == 0 ? result : nil
    }
    for result in got {
      names.insert(result.name)
      self.got[result.name] = result.flags & ResultBatch.retracted == 0 ? result : nil
    }
    if !isExact { for name in names { try compareLast(name) } }
  }

  /// Where batches decide how many revisions come out, the last ones only.
  private var isExact: Bool {
    switch test.configuration.window {
    case .tumbling, .count: true
    case .sliding, .session: test.isStepwise
    }
  }

  private func compareAll(_ wanted: [WantedResult], _ got: [TestResult]) throws {
    let (wanted, got) = (wanted.sorted { $0.place < $1.place }, got.sorted())
    let isEqual = wanted.count == got.count && zip(wanted, got).allSatisfy { $0.accepts($1) }
    try require(isEqual, "results\n  wanted \(wanted)\n  got    \(got)")
  }

  private func compareLast(_ name: ResultName) throws {
    // Whether an open session was emitted before it grew beyond the watermark is a matter of batches.
    if oracle.windows is SessionWindows, oracle.windows.isOpen(name) || oracle.windows.isReused(name) { return }
    switch (wanted[name], got[name]) {
    case (nil, nil): return
    case (let wanted?, let got?) where wanted.accepts(got, revisions: false): return
    case (let wanted, let got):
      throw Mismatch(description: "last result\n  wanted \(wanted?.description ?? "none")\n  got    \(got?.description ?? "none")")
    }
  }

  /// Revisions count up: by one from 1, of sessions from what their parts had. Only what is there can be retracted.
  private mutating func checkRevision(_ result: TestResult) throws {
    let previous = oracle.windows.isReused(result.name) ? nil : revisions[result.name]
    if oracle.windows is SessionWindows {
      try require(result.revision > previous ?? 0, "revision of \(result) after \(previous ?? 0)")
      if result.flags & ResultBatch.retracted != 0 {
        try require(got[result.name] != nil || previous != nil, "never emitted: \(result)")
        try require(result.flags == ResultBatch.retracted, "early and retracted: \(result)")
      }
    } else {
      try require(result.revision == (previous ?? 0) + 1, "revision of \(result) after \(previous ?? 0)")
      try require(result.flags & ResultBatch.retracted == 0, "retracted: \(result)")
    }
    // Where a session was retracted, another may begin once that which swallowed it is gone.
    revisions[result.name] = result.flags & ResultBatch.retracted == 0 ? result.revision : nil
  }

  /// Windows fire in order of their end.
  private func checkOrder(_ got: [TestResult], after watermark: Int64?) throws {
    if case .count = test.configuration.window { return }
    let fired = got.filter { $0.flags == 0 && $0.end > watermark ?? .min }.map(\.end)
    try require(fired == fired.sorted(), "order \(got)")
  }

  // MARK: Facts

  private func compareFacts() throws {
    try equal(executor.watermark, oracle.clock.watermark, "watermark")
    for input in 0..<test.inputs {
      let time = InputTime(watermark: oracle.clock.watermarks[input], idle: oracle.clock.idle[input])
      try equal(executor.inputTime(input), time, "time of input \(input)")
    }
    var (counters, wanted) = (earlier + executor.counters, oracle.counters)
    // A session that is swallowed between its end and its leaving never fired.
    if case .session = test.configuration.window, !test.isStepwise { (counters.windowsFired, wanted.windowsFired) = (0, 0) }
    try equal(counters, wanted, "counters")
    // What count windows hold depends on all records before: no offset is one to read again from.
    if oracle.windows is CountWindows { return }
    try compareReplay()
    if test.isStepwise {
      let (got, wanted) = (executor.largestRevision, Int(oracle.windows.largestRevision))
      try require(got >= wanted, "largest revision \(got), wanted \(wanted)")
    }
    guard case .tumbling = test.configuration.window, let windows = oracle.windows as? AlignedWindows else { return }
    try equal(executor.keyCount, windows.rowCount, "rows")
    try equal(executor.largestRevision, Int(windows.largestRevision), "largest revision")
    try equal(executor.openWindows, windows.openCount, "open windows")
  }

  /// Nothing that a kept window holds may lie before the offset from which the log is read again, and where nothing is kept, there is
  /// none. Sessions may be kept together, so theirs may lie further back.
  private func compareReplay() throws {
    var keepsNothing = true
    oracle.windows.eachKept { _ in keepsNothing = false }
    let rows = executor.keyCount
    try require(keepsNothing == (rows == 0), "\(rows) rows, though the oracle \(keepsNothing ? "keeps nothing" : "has some")")
    let exact = oracle.windows is AlignedWindows
    for (input, wanted) in oracle.windows.replayFrom(inputs: test.inputs).enumerated() {
      let got = executor.replayFrom(input)
      let isRight = exact ? got == wanted : wanted == nil || got ?? .max <= wanted ?? .min
      try require(isRight, "replay of \(input) from \(got.map(String.init) ?? "none"), wanted \(wanted.map(String.init) ?? "none")")
    }
  }

  /// But for the last digits of what slices were merged to in another order.
  private func same(_ got: [TestResult], _ wanted: [TestResult], _ what: String) throws {
    let plans = test.configuration.aggregations
    let alike = got.count != wanted.count ? got : zip(got, wanted).map { mine, other in
      var mine = mine
      if plans.same(mine.cells, other.cells) { mine.cells = other.cells }
      return mine
    }
    try equal(alike, wanted, what)
  }

  private func equal<T: Equatable>(_ got: T, _ wanted: T, _ what: String) throws {
    try require(got == wanted, "\(what)\n  wanted \(wanted)\n  got    \(got)")
  }

  private func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw Mismatch(description: what()) }
  }

  private static func brief(_ step: RandomCase.Step) -> String {
    guard case .batch(let records, let now) = step else { return "\(step)" }
    return "batch of \(records.count) at \(now)"
  }
}

func + (a: ExecutorCounters, b: ExecutorCounters) -> ExecutorCounters {
  var sum = a
  sum.onTime += b.onTime
  sum.lateAccepted += b.lateAccepted
  sum.lateDropped += b.lateDropped
  sum.filtered += b.filtered
  sum.windowsFired += b.windowsFired
  sum.futureSkewed += b.futureSkewed
  return sum
}
