import KafkaPipeline

extension Health {
  /// All conditions, in the order of `HealthCondition.Kind`.
  static func conditions(of input: HealthInput) -> [HealthCondition] {
    [
      brokersReachable(input), partitionsAssigned(input), inputComplete(input), stateComplete(input), progressing(input), sinkDelivering(input),
      checkpointFresh(input), waitingForWorker(input), partitionsChanged(input),
    ]
  }

  private static func notRunning(_ kind: HealthCondition.Kind, _ input: HealthInput) -> HealthCondition {
    let phase = input.lifecycle.phase
    let waiting = phase == .starting ? input.status?.waitingFor.map { "; it waits for \($0)" } ?? "" : ""
    let why = phase == .failed || phase == .backoff ? input.lifecycle.lastFailure.map { ": \($0.message)" } ?? "" : ""
    return HealthCondition(kind, nil, "NotRunning", "the pipeline is in phase \(phase.rawValue)\(waiting)\(why)")
  }

  private static func runningLanes(_ input: HealthInput) -> [LaneStatus]? {
    guard input.lifecycle.phase == .running || input.lifecycle.phase == .paused, let lanes = input.status?.lanes, !lanes.isEmpty else { return nil }
    return lanes
  }

  private static func seconds(_ ms: Int64) -> String { "\(max(0, ms) / 1_000) s" }

  private static func brokersReachable(_ input: HealthInput) -> HealthCondition {
    switch input.lifecycle.phase {
    case .stopped, .failed, .completed, .deleting:
      return HealthCondition(.brokersReachable, nil, "NotRunning", "nobody asks while the pipeline is in phase \(input.lifecycle.phase.rawValue)")
    case .starting, .running, .paused, .backoff, .stopping: break
    }
    switch input.probe {
    case .unknown:
      return HealthCondition(.brokersReachable, nil, "NotAskedYet", "\(input.brokers) has not answered or refused yet")
    case .reachable(let lastAt, _):
      return HealthCondition(
        .brokersReachable, true, "Answering", "\(input.brokers) answered \(seconds(input.now - lastAt)) ago")
    case .unreachable(let since, let reason):
      return HealthCondition(
        .brokersReachable, false, "NoAnswer", "\(input.brokers) has not answered for \(seconds(input.now - since)): \(reason)")
    }
  }

  private static func partitionsAssigned(_ input: HealthInput) -> HealthCondition {
    guard let lanes = runningLanes(input) else { return notRunning(.partitionsAssigned, input) }
    let held = lanes.reduce(0) { $0 + max($1.partitions.count, $1.assignedCount) }
    if held == 0 {
      return HealthCondition(
        .partitionsAssigned, false, "NoneAssigned",
        "no partition is assigned here; other members of the group hold them, or the group is rebalancing")
    }
    let count = lanes.lazy.compactMap(\.inputPartitionCount).max()
    let text = "\(held)\(count.map { " of \($0)" } ?? "") partitions in \(lanes.count) \(lanes.count == 1 ? "lane" : "lanes")"
    if let count, held < count {
      // Another daemon of the same pipeline is as it should be; a stranger is not, and looks the same from here.
      return HealthCondition(
        .partitionsAssigned, true, "AssignedInPart",
        "\(text); other members of the group \(input.groupID) have the rest. Without another penstock in this group, end whoever has joined it.")
    }
    return HealthCondition(.partitionsAssigned, true, "Assigned", text)
  }

  private static func inputComplete(_ input: HealthInput) -> HealthCondition {
    if let fault = topicFault(input.inputTopics, "input", input) { return HealthCondition(.inputComplete, false, fault.reason, fault.message) }
    guard let lanes = runningLanes(input) else { return notRunning(.inputComplete, input) }
    if let lane = lanes.first(where: { $0.inputComplete == false }) {
      let all = lane.inputPartitionCount.map { " of \($0)" } ?? ""
      return HealthCondition(
        .inputComplete, false, "PartitionsElsewhere",
        "lane \(lane.index) holds \(max(lane.partitions.count, lane.assignedCount))\(all) partitions; figures over a part of the input would be wrong, so none "
          + "come out. Another member is in the group \(input.groupID): stop it, or use the key scope partition.")
    }
    if lanes.contains(where: { $0.inputComplete == nil }) {
      return HealthCondition(.inputComplete, nil, "NotKnownYet", "the partitions of the input are not known yet")
    }
    return HealthCondition(.inputComplete, true, "Complete", "every lane has all the input that its keys can be in")
  }

  /// A start tells already what it has to read again.
  private static func stateComplete(_ input: HealthInput) -> HealthCondition {
    let isStarting = input.lifecycle.phase == .starting && input.status != nil
    guard let lanes = isStarting ? input.status?.lanes : runningLanes(input) else { return notRunning(.stateComplete, input) }
    let kept = lanes.lazy.compactMap(\.stateNote).first.map { ". \($0)" } ?? ""
    if let text = lanes.readingAgain { return HealthCondition(.stateComplete, false, "ReadingAgain", "\(text)\(kept)") }
    if let text = lanes.recordsGone { return HealthCondition(.stateComplete, false, "RecordsGone", "\(text)\(kept)") }
    if isStarting { return notRunning(.stateComplete, input) }
    return HealthCondition(.stateComplete, true, kept.isEmpty ? "Complete" : "Rebuilt", "windows hold every record they should\(kept)")
  }

  private static func progressing(_ input: HealthInput) -> HealthCondition {
    guard let lanes = runningLanes(input) else { return notRunning(.progressing, input) }
    let since = input.lifecycle.runningSince ?? input.phaseSince
    for lane in lanes {
      // A lane that has not said anything yet counts from the start of the phase.
      let quiet = input.now - max(lane.lastPassAt, since)
      if quiet > laneHangsMs {
        let error = lane.clientError.map { ": \($0)" } ?? ""
        return HealthCondition(
          .progressing, false, "LaneHangs", "lane \(lane.index) has been in one call for \(seconds(quiet))\(error)")
      }
    }
    if input.lifecycle.phase == .paused {
      return HealthCondition(.progressing, nil, "Paused", "nothing is read, by wish, for \(seconds(input.now - input.phaseSince))")
    }
    if let fault = leaderless(input.inputTopics, input) { return HealthCondition(.progressing, false, "NoLeader", fault) }
    for lane in lanes {
      let lag = lane.partitions.reduce(Int64(0)) { sum, partition in
        guard let end = partition.end, let position = partition.position, end > position else { return sum }
        return sum.addingReportingOverflow(end &- position).partialValue
      }
      let quiet = input.now - max(lane.lastProgressAt ?? since, since)
      if lag > 0, quiet > noProgressMs {
        let error = lane.clientError.map { ": \($0)" } ?? ""
        return HealthCondition(
          .progressing, false, "NothingMoves", "\(lag) records are unread in lane \(lane.index) and none came for \(seconds(quiet))\(error)")
      }
    }
    if let message = lanes.openTransaction(at: input.now) { return HealthCondition(.progressing, false, "TransactionOpen", message) }
    if let message = lanes.onlyBadRecords(at: input.now) { return HealthCondition(.progressing, false, "EveryRecordBad", message) }
    if input.status?.stats.consumerLag == 0 {
      return HealthCondition(.progressing, true, "CaughtUp", "every record is read")
    }
    return HealthCondition(.progressing, true, "Moving", "the lanes get on")
  }

  // MARK: Topics

  /// Topics are asked for all the time, and wanted by all that runs or tries to. What was heard before the lanes found them is old.
  private static func topicFault(_ topics: [String], _ role: String, _ input: HealthInput) -> (reason: String, message: String)? {
    let from: Int64
    switch input.lifecycle.phase {
    case .stopped, .failed, .completed, .deleting, .stopping: return nil
    case .starting: from = input.lifecycle.attempt > 1 ? .min : input.phaseSince + startGraceMs
    case .backoff: from = .min
    case .running, .paused: from = input.lifecycle.runningSince ?? input.phaseSince
    }
    for name in topics {
      guard let topic = input.topics[name], topic.askedAt >= from else { continue }
      switch topic.finding {
      case .partitions: continue
      case .missing: return ("TopicMissing", "\(input.brokers) has no topic \(name), the \(role) of this pipeline; it goes on once the topic is there")
      case .denied(let reason): return ("TopicDenied", "these credentials may not see the \(role) topic \(name): \(reason)")
      }
    }
    return nil
  }

  private static func leaderless(_ topics: [String], _ input: HealthInput) -> String? {
    for name in topics {
      // By the time of the answer: a leader that moves is away for a moment only.
      guard let topic = input.topics[name], let since = topic.leaderlessSince, topic.askedAt - since > leaderlessMs else { continue }
      let listed = topic.leaderless.prefix(5).map { "\(name)/\($0)" }.joined(separator: ", ")
      let more = topic.leaderless.count > 5 ? " and \(topic.leaderless.count - 5) more" : ""
      return "\(listed)\(more) had no leader for \(seconds(input.now - since)): the brokers that hold it are away"
    }
    return nil
  }

  private static func partitionsChanged(_ input: HealthInput) -> HealthCondition {
    guard let lanes = runningLanes(input) else { return notRunning(.partitionsChanged, input) }
    var isKnown = true
    for name in input.inputTopics {
      guard case .partitions(let now)? = input.topics[name]?.finding, let before = lanes.lazy.compactMap({ $0.inputPartitionCounts[name] }).max() else {
        isKnown = false
        continue
      }
      // Partitions are never taken away. What was asked before the lanes did is smaller.
      if now > before {
        return HealthCondition(
          .partitionsChanged, true, "MorePartitions",
          "\(name) has \(now) partitions, and \(before) when the lanes took theirs: the new ones are not read, and keys may have moved to others. "
            + "Restart the pipeline to read them all.")
      }
    }
    return isKnown
      ? HealthCondition(.partitionsChanged, false, "AsBefore", "the input topics have the partitions that the lanes know of")
      : HealthCondition(.partitionsChanged, nil, "NotAskedYet", "the brokers have not said yet how many partitions the input topics have")
  }

  private static func sinkDelivering(_ input: HealthInput) -> HealthCondition {
    if let fault = topicFault(input.outputTopics, "output", input) { return HealthCondition(.sinkDelivering, false, fault.reason, fault.message) }
    if let fault = leaderless(input.outputTopics, input) { return HealthCondition(.sinkDelivering, false, "NoLeader", fault) }
    guard let lanes = runningLanes(input) else { return notRunning(.sinkDelivering, input) }
    for lane in lanes {
      if let error = lane.produceError {
        return HealthCondition(.sinkDelivering, false, "DeliveryFailed", "lane \(lane.index): \(error)")
      }
      if let since = lane.undeliveredSince, input.now - since > input.deliveryTimeoutMs + deliverySlackMs {
        return HealthCondition(
          .sinkDelivering, false, "DeliveryOverdue",
          "\(lane.undelivered) results of lane \(lane.index) wait for an answer, the oldest for \(seconds(input.now - since))")
      }
    }
    let waiting = lanes.reduce(Int64(0)) { $0.addingReportingOverflow($1.undelivered).partialValue }
    return waiting == 0
      ? HealthCondition(.sinkDelivering, true, "Delivered", "no result waits for its delivery")
      : HealthCondition(.sinkDelivering, true, "Delivering", "\(waiting) results are on their way")
  }

  private static func checkpointFresh(_ input: HealthInput) -> HealthCondition {
    guard let lanes = runningLanes(input) else { return notRunning(.checkpointFresh, input) }
    let since = input.lifecycle.runningSince ?? input.phaseSince
    for lane in lanes {
      if let error = lane.checkpointError {
        return HealthCondition(.checkpointFresh, false, "CheckpointFailed", "lane \(lane.index): \(error)")
      }
      if let error = lane.commitError {
        return HealthCondition(.checkpointFresh, false, "GroupCommitFailed", "lane \(lane.index): \(error)")
      }
    }
    if let text = lanes.oldCheckpoint(at: input.now, since: since, intervalMs: input.autoCommitIntervalMs) {
      return HealthCondition(.checkpointFresh, false, "CheckpointOld", text)
    }
    guard let last = lanes.compactMap(\.lastCheckpointAt).min() else {
      return HealthCondition(.checkpointFresh, true, "NoneYet", "nothing had to be kept yet")
    }
    return HealthCondition(.checkpointFresh, true, "Fresh", "the last checkpoint is \(seconds(input.now - last)) old")
  }

  private static func waitingForWorker(_ input: HealthInput) -> HealthCondition {
    switch (input.lifecycle.phase, input.status?.stage) {
    case (.starting, .waitingForWorker?):
      HealthCondition(.waitingForWorker, true, "NoFreeSlot", "every worker slot is taken; stop a pipeline or raise --workers")
    case (.starting, _), (.running, _), (.paused, _), (.stopping, _):
      HealthCondition(.waitingForWorker, false, "HasWorkers", "every lane has its worker")
    default: HealthCondition(.waitingForWorker, nil, "NotRunning", "the pipeline is in phase \(input.lifecycle.phase.rawValue)")
    }
  }
}
