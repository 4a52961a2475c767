@testable import KafkaPipeline

/// Looks at what a reader of the output has in the end, and compares it with figures that it computes by itself from the input.
struct SimJudge {
  private let setup: SimSetup
  private let broker: SimBroker

  init(_ simulation: Simulation) {
    setup = simulation.setup
    broker = simulation.broker
  }

  func check() throws {
    let isTransactional = setup.guarantee == .exactlyOnce
    let visible = broker.output.filter { $0.state == (isTransactional ? .committed : .plain) }.map(\.result)
    if isTransactional {
      try checkOnce(visible)
      try checkNumbers()
    }
    var last: [SimPlace: SimResult] = [:]
    for result in visible { last[result.place] = result }
    let wanted = expected()
    for (place, figures) in wanted {
      guard let found = last[place] else { throw Simulation.Violation(description: "no result for key \(place.key), window \(place.window)") }
      guard found.count == figures.count, found.sum == figures.sum else {
        throw Simulation.Violation(description: "the last result is \(found), not count \(figures.count), sum \(figures.sum)")
      }
    }
    for place in last.keys where wanted[place] == nil { throw Simulation.Violation(description: "a result too many: \(place)") }
  }

  /// A read_committed reader sees each revision once, and rising.
  private func checkOnce(_ visible: [SimResult]) throws {
    var revisions: [SimPlace: Int] = [:]
    for result in visible {
      let before = revisions[result.place] ?? 0
      guard result.revision > before else { throw Simulation.Violation(description: "\(result) comes after revision \(before)") }
      revisions[result.place] = result.revision
    }
  }

  /// A number belongs to one commit of a shard, and they rise. (A request that arrives twice says the same twice.)
  private func checkNumbers() throws {
    for (shard, texts) in broker.committedTexts {
      for (before, text) in zip(texts, texts.dropFirst()) where text.n < before.n || (text.n == before.n && text != before) {
        throw Simulation.Violation(description: "number \(text.n) of shard \(shard) was committed after \(before.n)")
      }
    }
  }

  private func expected() -> [SimPlace: (count: Int, sum: Int)] {
    var figures: [SimPlace: (count: Int, sum: Int)] = [:]
    for records in broker.input {
      var newest: Int?
      for record in records {
        let window = record.time - record.time % SimSetup.size
        let isLate = setup.lateness.flatMap { lateness in newest.map { window + SimSetup.size + lateness <= $0 - SimSetup.delay } } ?? false
        newest = max(newest ?? record.time, record.time)
        if isLate || window >= 1_000 { continue }
        let place = SimPlace(key: record.key, window: window)
        figures[place, default: (0, 0)].count += 1
        figures[place, default: (0, 0)].sum += record.value
      }
    }
    return figures
  }
}
