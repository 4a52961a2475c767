extension StreamPipelineBuilder {
  /// - Throws: `InvalidPipeline` with every fault.
  public func build() throws(InvalidPipeline) -> StreamPipeline<Event> {
    var faults = nameFaults + windowFaults + timeFaults + sizeFaults
    var columns: [EventReader<Event>.Column] = []
    let plans = compileMembers(&columns, &faults)
    let (cells, tooMany) = bufferSize.multipliedReportingOverflow(by: columns.count)
    if tooMany || cells > PipelineLimits.maxBatchCells {
      faults.append("a buffer of \(bufferSize) events with \(columns.count) fields is too large: at most \(PipelineLimits.maxBatchCells) cells")
    }
    guard faults.isEmpty, let window = windows.first else { throw InvalidPipeline(faults: faults) }
    var configuration = ExecutorConfiguration(window: window, aggregations: plans, fieldCount: columns.count)
    configuration.allowedLateness = allowedLateness
    configuration.maxFutureSkew = maxFutureSkew
    configuration.earlyInterval = earlyInterval
    configuration.maxKeysPerSlice = maxKeys
    configuration.maxStateBytes = maxStateBytes
    var punctuation: (@Sendable (Event) -> EventTime?)?
    switch watermark {
    case .boundedOutOfOrderness(let milliseconds): configuration.maxDelay = milliseconds
    case .ascending: configuration.maxDelay = 0
    case .punctuated(let read):
      configuration.watermark = .punctuated
      punctuation = read
    case .manual: configuration.watermark = .manual
    }
    let filters = filters
    let all: @Sendable (Event) -> Bool = { event in filters.allSatisfy { isWanted in isWanted(event) } }
    return StreamPipeline(
      name: name, resultNames: members.map(\.name), configuration: configuration,
      reader: EventReader(
        columns: columns, filter: filters.isEmpty ? nil : all, watermark: punctuation),
      idleTimeout: idleTimeout, maxDrift: maxDrift, bufferSize: bufferSize, stateIdentity: stateIdentity(plans))
  }

  /// Each field that is read becomes one column, however many aggregations read it; one with a condition is a column of its own.
  private func compileMembers(_ columns: inout [EventReader<Event>.Column], _ faults: inout [String]) -> [AggregationPlan] {
    if members.isEmpty { faults.append("there is no aggregation: withAggregation(.count, as: \"count\")") }
    if members.count > PipelineLimits.maxAggregations { faults.append("more than \(PipelineLimits.maxAggregations) aggregations") }
    var shared: [AnyKeyPath: Int] = [:]
    func column(_ read: @escaping EventReader<Event>.Column) -> Int {
      columns.append(read)
      return columns.count - 1
    }
    var plans: [AggregationPlan] = []
    for (place, member) in members.enumerated() {
      var plan = member.aggregate.plan
      let condition = member.condition
      if plan.function == .percentile, !(plan.percentile > 0 && plan.percentile < 100) {
        faults.append("\(member.name): a percentile is more than 0 and less than 100, not \(plan.percentile)")
      }
      if let custom = member.aggregate.custom {
        plan.custom = custom(condition)
      } else if let expression = member.aggregate.expression {
        if condition != nil { faults.append("\(member.name): an expression has no condition; give it to the members that it names") }
        plan.expression = compile(expression, at: place, &faults)
      } else if let field = member.aggregate.field {
        if let condition {
          plan.field = column { condition($0) ? field.read($0) : .missing }
        } else {
          plan.field = shared[field.path] ?? column(field.read)
          shared[field.path] = plan.field
        }
      } else if let condition {
        plan.field = column { condition($0) ? .integer(1) : .missing }
      }
      plans.append(plan)
    }
    return plans
  }

  private func compile(_ expression: MemberExpression, at place: Int, _ faults: inout [String]) -> Expression? {
    var places: [String: Int] = [:]
    for (index, member) in members.enumerated() where index < place || member.aggregate.expression == nil {
      places[member.name] = index
    }
    let unknown = expression.members.filter { places[$0] == nil }
    for name in unknown {
      faults.append(
        members.contains { $0.name == name }
          ? "\(members[place].name): the expression \(name) must stand before the one that uses it"
          : "\(members[place].name): there is no member \(name)")
    }
    let compiled = expression.compiled(places)
    if compiled == nil && unknown.isEmpty { faults.append("\(members[place].name): the expression nests too deeply") }
    return compiled
  }

  /// What stored windows belong to. Closures and fields have no name, so the members' names stand for them.
  private func stateIdentity(_ plans: [AggregationPlan]) -> String {
    let members = zip(members, plans).map { member, plan in
      "\(member.name)=\(plan.function.rawValue);\(plan.percentile);\(plan.population);\(plan.custom?.identity ?? "")"
    }
    return (["typed1", name, windows.map(\.identity).joined()] + members).joined(separator: "\n")
  }
}

// MARK: Faults

extension StreamPipelineBuilder {
  private var nameFaults: [String] {
    var faults: [String] = []
    let first = name.utf8.first.map { PipelineLimits.isLetterOrDigit($0) } ?? false
    let others = name.utf8.allSatisfy { PipelineLimits.isLetterOrDigit($0) || ".-_".utf8.contains($0) }
    if !first || !others || name.utf8.count > PipelineLimits.maxNameBytes {
      faults.append("the name \"\(name)\" is not one: 1 to 63 of a-z 0-9 . _ -, beginning with a letter or digit")
    }
    var seen: Set<String> = []
    for member in members {
      if member.name.isEmpty || member.name.count > PipelineLimits.maxResultNameCharacters {
        faults.append("an aggregation's name has 1 to \(PipelineLimits.maxResultNameCharacters) characters, not \(member.name.count)")
      }
      if PipelineLimits.reservedResultNames.contains(member.name) {
        faults.append("\(member.name): every result has a member of that name; choose another")
      }
      if !seen.insert(member.name).inserted { faults.append("\(member.name): two aggregations have that name") }
    }
    return faults
  }

  private var windowFaults: [String] {
    guard windows.count == 1, let window = windows.first else {
      return [windows.isEmpty ? "there is no window: withTumblingWindow(milliseconds: 60_000)" : "there are \(windows.count) windows, and one is right"]
    }
    let longest = PipelineLimits.longestTime
    switch window {
    case .tumbling(let size, let offset):
      return range("the window's size", size, 1...longest) + (size > 0 ? range("the window's offset", offset, 0...(size - 1)) : [])
    case .sliding(let size, let slide, let offset):
      return range("the window's size", size, 1...longest) + (size > 0 ? range("the window's slide", slide, 1...size) : [])
        + (slide > 0 ? range("the window's offset", offset, 0...(slide - 1)) : [])
        + (slide > 0 && size / slide > PipelineLimits.maxWindowsPerEvent
          ? ["an event would be in \(size / slide) windows, at most \(PipelineLimits.maxWindowsPerEvent) are allowed: a longer slide"] : [])
    case .session(let gap):
      return range("the session's gap", gap, 1...longest)
    case .count(let count, let maxAge):
      return range("the count of a window", count, PipelineLimits.eventsPerWindow) + (maxAge.map { range("the window's age", $0, 1...longest) } ?? [])
    }
  }

  private var timeFaults: [String] {
    let longest = PipelineLimits.longestTime
    var faults = range("the allowed lateness", allowedLateness, 0...longest)
    faults += range("the idle timeout", idleTimeout, 1...longest)
    faults += range("the future skew", maxFutureSkew, 0...PipelineLimits.day)
    if let earlyInterval { faults += range("the interval of early results", earlyInterval, PipelineLimits.earlyInterval) }
    if let maxDrift { faults += range("the drift", maxDrift, PipelineLimits.maxDrift) }
    if case .boundedOutOfOrderness(let milliseconds) = watermark { faults += range("the watermark's delay", milliseconds, 0...longest) }
    return faults
  }

  private var sizeFaults: [String] {
    range("the buffer", Int64(bufferSize), 1...PipelineLimits.maxBufferSize) + range("maxKeys", Int64(maxKeys), 1...PipelineLimits.maxKeys)
      + range("maxStateBytes", Int64(maxStateBytes), PipelineLimits.maxStateBytes)
  }

  private func range(_ what: String, _ value: Int64, _ allowed: ClosedRange<Int64>) -> [String] {
    allowed.contains(value) ? [] : ["\(what) is from \(allowed.lowerBound) to \(allowed.upperBound), not \(value)"]
  }
}

extension WindowPlan {
  /// The same text for equal ones, in every version.
  fileprivate var identity: String {
    switch self {
    case .tumbling(let size, let offset): "tumbling;\(size);\(offset)"
    case .sliding(let size, let slide, let offset): "sliding;\(size);\(slide);\(offset)"
    case .session(let gap): "session;\(gap)"
    case .count(let count, let maxAge): "count;\(count);\(maxAge ?? -1)"
    }
  }
}
