import StreamEngine

extension RandomCase {
  /// The configuration in a line.
  var brief: String {
    let functions = configuration.aggregations.map { "\($0.function)(\($0.field.map(String.init) ?? ""))" }.joined(separator: " ")
    return "\(configuration.window) \(configuration.watermark) delay \(configuration.maxDelay) lateness \(configuration.allowedLateness) "
      + "skew \(configuration.maxFutureSkew): \(functions)"
  }

  /// A case with as few steps and records as still fail, found by leaving out one after another.
  func shrunk(_ fails: (RandomCase) -> Bool) -> RandomCase {
    var least = self
    var isSmaller = true
    while isSmaller {
      isSmaller = false
      for smaller in least.smaller where fails(smaller) {
        least = smaller
        isSmaller = true
        break
      }
    }
    return least
  }

  /// Without one of its steps, records or aggregations.
  private var smaller: [RandomCase] {
    var cases: [RandomCase] = []
    for place in steps.indices.dropLast(ending) {
      var shorter = self
      shorter.steps.remove(at: place)
      cases.append(shorter)
      guard case .batch(let records, let now) = steps[place], records.count > 1 else { continue }
      for record in records.indices {
        var fewer = records
        fewer.remove(at: record)
        shorter = self
        shorter.steps[place] = .batch(fewer, now: now)
        cases.append(shorter)
      }
    }
    let hasExpression = configuration.aggregations.contains { $0.expression != nil }
    for place in configuration.aggregations.indices where configuration.aggregations.count > 1 {
      if hasExpression, place + 1 < configuration.aggregations.count { continue }
      var simpler = self
      simpler.configuration.aggregations.remove(at: place)
      cases.append(simpler)
    }
    return cases
  }
}
