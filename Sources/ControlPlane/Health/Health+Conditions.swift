import KafkaPipeline

extension Health {
  /// All conditions, in the order of `HealthCondition.Kind`.
  static func conditions(of input: HealthInput) -> [HealthCondition] {
    [
      brokersReachable(input), partitionsAssigned(input), inputComplete(input), progressing(input), sinkDelivering(input),
      checkpointFresh(input), waitingForWorker(input),
    ]
  }

  private static func notRunning(_ kind: HealthCondition.Kind, _ input: HealthInput) -> HealthCondition {
    let phase = input.lifecycle.phase
    let waiting = phase == .starting ? input.status?.waitingFor.map { "; it waits for \($0)" } ?? "" : ""
    return HealthCondition(kind, nil, "NotRunning", "the pipeline is in phase \(phase.rawValue)\(waiting)")
  }

  private static func runningLanes(_ input: HealthInput) -> [LaneStatus]? {
    guard input.lifecycle.phase == .running, let lanes = input.status?.lanes, !lanes.isEmpty else { return nil }
    return lanes
  }

  private static func seconds(_ ms: Int64) -> String { "\(max(0, ms) / 1_000) s" }

  private static func brokersReachable(_ input: HealthInput) -> HealthCondition {
    switch input.lifecycle.phase {
    case .stopped, .failed, .deleting:
      return HealthCondition(.brokersReachable, nil, "NotRunning", "nobody asks while the pipeline is in phase \(input.lifecycle.phase.rawValue)")
    case .starting, .running, .backoff, .stopping: break
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
    let held = lanes.reduce(0) { $0 + $1.partitions.count }
    if held == 0 {
      return HealthCondition(
        .partitionsAssigned, false, "NoneAssigned",
        "no partition is assigned here; other members of the group hold them, or the group is rebalancing")
    }
    let all = lanes.lazy.compactMap(\.inputPartitionCount).max().map { " of \($0)" } ?? ""
    return HealthCondition(.partitionsAssigned, true, "Assigned", "\(held)\(all) partitions in \(lanes.count) lanes")
  }

  private static func inputComplete(_ input: HealthInput) -> HealthCondition {
    guard let lanes = runningLanes(input) else { return notRunning(.inputComplete, input) }
    if let lane = lanes.first(where: { $0.inputComplete == false }) {
      let all = lane.inputPartitionCount.map { " of \($0)" } ?? ""
      return HealthCondition(
        .inputComplete, false, "PartitionsElsewhere",
        "lane \(lane.index) holds \(lane.partitions.count)\(all) partitions; figures over a part of the input would be wrong, so none "
          + "come out. Another member is in the group: stop it, or use the key scope partition.")
    }
    if lanes.contains(where: { $0.inputComplete == nil }) {
      return HealthCondition(.inputComplete, nil, "NotKnownYet", "the partitions of the input are not known yet")
    }
    return HealthCondition(.inputComplete, true, "Complete", "every lane has all the input that its keys can be in")
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
    if input.status?.stats.consumerLag == 0 {
      return HealthCondition(.progressing, true, "CaughtUp", "every record is read")
    }
    return HealthCondition(.progressing, true, "Moving", "the lanes get on")
  }

  private static func sinkDelivering(_ input: HealthInput) -> HealthCondition {
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
    let (tripled, overflow) = input.autoCommitIntervalMs.multipliedReportingOverflow(by: 3)
    let limit = overflow ? Int64.max : tripled.addingReportingOverflow(checkpointSlackMs).partialValue
    for lane in lanes {
      if let error = lane.checkpointError {
        return HealthCondition(.checkpointFresh, false, "CheckpointFailed", "lane \(lane.index): \(error)")
      }
      if let error = lane.commitError {
        return HealthCondition(.checkpointFresh, false, "GroupCommitFailed", "lane \(lane.index): \(error)")
      }
      // Nothing moved since the last one: there is nothing to write.
      guard let moved = lane.lastProgressAt, moved > lane.lastCheckpointAt ?? 0 else { continue }
      let age = input.now - max(lane.lastCheckpointAt ?? since, since)
      if age > limit {
        return HealthCondition(
          .checkpointFresh, false, "CheckpointOld",
          "lane \(lane.index) has had no checkpoint for \(seconds(age)); a restart would read that much again")
      }
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
    case (.starting, _), (.running, _), (.stopping, _):
      HealthCondition(.waitingForWorker, false, "HasWorkers", "every lane has its worker")
    default: HealthCondition(.waitingForWorker, nil, "NotRunning", "the pipeline is in phase \(input.lifecycle.phase.rawValue)")
    }
  }
}
