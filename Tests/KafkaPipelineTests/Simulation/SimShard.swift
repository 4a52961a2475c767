@testable import KafkaPipeline

/// A small stand-in for the engine: tumbling windows of one shard, a value that can be copied. What it keeps is a function of the log
/// from `replayFrom` to its positions, and of its watermarks.
struct SimShard {
  struct Cell {
    var count = 0
    var sum = 0
    var revision = 0
  }
  struct Window {
    var cells: [Int: Cell] = [:]
    /// Smallest offset of each input in it.
    var first: [Int?]
  }

  let number: Int
  /// Index of each input's partition in the broker.
  let inputs: [Int]
  let lateness: Int?
  var positions: [Int]
  var watermarks: [Int?]
  var watermark: Int?
  var windows: [Int: Window] = [:]
  var nextN: Int64 = 1
  /// Largest revision before a rebuild, and the watermark up to which it is about windows.
  var floor: (revision: Int, through: Int)?
  /// Live from here; nil: live.
  var targets: [Int]?

  init(number: Int, inputs: [Int], lateness: Int?, positions: [Int]) {
    self.number = number
    self.inputs = inputs
    self.lateness = lateness
    self.positions = positions
    watermarks = inputs.map { _ in nil }
  }

  var isReplaying: Bool { targets != nil }
  var largestRevision: Int {
    let kept = windows.values.flatMap(\.cells.values).map(\.revision).max() ?? 0
    guard let floor else { return kept }
    return max(kept, windows.keys.contains { $0 + SimSetup.size <= floor.through } ? floor.revision : 0)
  }

  func replayFrom(_ input: Int) -> Int { windows.values.compactMap { $0.first[input] }.min() ?? positions[input] }

  private func isGone(_ window: Int) -> Bool {
    guard let lateness, let watermark else { return false }
    return window + SimSetup.size + lateness <= watermark
  }

  /// Takes the next record of an input. Returns what comes out.
  mutating func take(_ record: SimRecord, _ input: Int) -> [SimResult] {
    let offset = positions[input]
    positions[input] += 1
    let window = record.time - record.time % SimSetup.size
    let end = window + SimSetup.size
    var results: [SimResult] = []
    if !isGone(window) {
      var kept = windows[window] ?? Window(first: inputs.map { _ in nil })
      var cell = kept.cells[record.key] ?? newCell(window)
      cell.count += 1
      cell.sum += record.value
      kept.cells[record.key] = cell
      kept.first[input] = min(kept.first[input] ?? offset, offset)
      windows[window] = kept
      if !isReplaying, let watermark, end <= watermark { results.append(emit(window, record.key)) }
    }
    if isReplaying { return [] }
    watermarks[input] = max(watermarks[input] ?? .min, record.time - SimSetup.delay)
    let started = watermarks.compactMap { $0 }
    if started.count == inputs.count, let least = started.min() { results += advance(to: least) }
    return results
  }

  private func newCell(_ window: Int) -> Cell {
    guard let floor, window + SimSetup.size <= floor.through else { return Cell() }
    return Cell(revision: floor.revision)
  }

  private mutating func emit(_ window: Int, _ key: Int) -> SimResult {
    windows[window]?.cells[key]?.revision += 1
    let cell = windows[window]?.cells[key] ?? Cell()
    return SimResult(key: key, window: window, revision: cell.revision, count: cell.count, sum: cell.sum)
  }

  /// Event time goes on: windows fire in order of their ends, then the old ones go.
  mutating func advance(to time: Int) -> [SimResult] {
    if let watermark, time <= watermark { return [] }
    let before = watermark ?? .min
    watermark = time
    var results: [SimResult] = []
    for window in windows.keys.sorted() where window + SimSetup.size > before && window + SimSetup.size <= time {
      for key in windows[window]?.cells.keys.sorted() ?? [] { results.append(emit(window, key)) }
    }
    for window in windows.keys where isGone(window) { windows[window] = nil }
    return results
  }

  /// Every record up to the targets has come.
  mutating func goLive(largestRevision: Int, revisionsBeginAnew: Bool) {
    targets = nil
    guard let watermark, !revisionsBeginAnew else { return }
    floor = (largestRevision, watermark)
    for window in windows.keys where window + SimSetup.size <= watermark {
      for key in windows[window]?.cells.keys.map({ $0 }) ?? [] { windows[window]?.cells[key]?.revision = max(1, largestRevision) }
    }
  }
}
