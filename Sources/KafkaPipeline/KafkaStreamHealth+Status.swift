extension KafkaStreamHealth {
  /// A start may take so long before it counts as trouble.
  static let startGraceMs: Int64 = 15_000
  /// A lane whose loop made no pass for so long hangs in a call.
  static let laneHangsMs: Int64 = 15_000
  /// Unread records and nothing moved for so long: it does not get on.
  static let noProgressMs: Int64 = 30_000
  /// Beyond the delivery timeout, for the report to come back.
  static let deliverySlackMs: Int64 = 2_000

  /// Of an attempt that is under way since `since`. Times are Unix ms.
  init(_ status: PipelineStatus, _ brokers: ClusterProbe.Answer, kafka: KafkaStreamConfig, since: Int64, now: Int64) {
    var found: [KafkaStreamHealth] = []
    if case .unreachable(let unreachableSince, let reason) = brokers {
      found.append(.init(.failing, "\(kafka.brokers) has not answered for \(seconds(now - unreachableSince)): \(reason)"))
    }
    if status.stage == .running {
      for lane in status.lanes { found += Self.faults(of: lane, kafka, since, now) }
      let findings = [
        status.lanes.recordsGone, status.lanes.openTransaction(at: now), status.lanes.onlyBadRecords(at: now),
        status.lanes.oldCheckpoint(at: now, since: since, intervalMs: kafka.autoCommitIntervalMs),
      ]
      found += findings.compactMap { $0 }.map { .init(.degraded, $0) }
      if status.lanes.allSatisfy({ $0.partitions.isEmpty }) {
        found.append(.init(.degraded, "no partition is assigned here; other members of the group hold them, or it is rebalancing"))
      }
    } else {
      let waiting = status.waitingFor.map { "waiting for \($0)" } ?? "\(status.stage)"
      if now - since <= Self.startGraceMs {
        found.append(.init(.unknown, status.failure?.message ?? waiting))
      } else if let text = status.lanes.readingAgain {
        found.append(.init(.degraded, text))
      } else {
        found.append(.init(.failing, status.failure?.message ?? waiting))
      }
    }
    let fine = status.stats.consumerLag == 0 ? "every record is read" : "records are being read"
    // The first of the worst.
    self = found.reduce(.init(.ok, fine)) { $1.level > $0.level ? $1 : $0 }
  }

  init(_ level: Level, _ reason: String) {
    self.init(level: level, reason: reason)
  }

  private static func faults(of lane: LaneStatus, _ kafka: KafkaStreamConfig, _ since: Int64, _ now: Int64) -> [KafkaStreamHealth] {
    var found: [KafkaStreamHealth] = []
    let clientError = lane.clientError.map { ": \($0)" } ?? ""
    if lane.inputComplete == false {
      found.append(.init(.failing, "another member of the group \(kafka.groupID) holds partitions; figures over a part would be wrong, so none come out"))
    }
    let quiet = now - max(lane.lastPassAt, since)
    if quiet > laneHangsMs { found.append(.init(.failing, "lane \(lane.index) has been in one call for \(seconds(quiet))\(clientError)")) }
    let unread = lane.partitions.contains { partition in
      if let end = partition.end, let position = partition.position { end > position } else { false }
    }
    let still = now - max(lane.lastProgressAt ?? since, since)
    if unread && still > noProgressMs { found.append(.init(.failing, "records are unread and none came for \(seconds(still))\(clientError)")) }
    if let error = lane.produceError { found.append(.init(.failing, "results are not delivered: \(error)")) }
    if let waiting = lane.undeliveredSince, now - waiting > kafka.deliveryTimeoutMs + deliverySlackMs {
      found.append(.init(.failing, "\(lane.undelivered) results wait for their delivery, the oldest for \(seconds(now - waiting))"))
    }
    if let error = lane.checkpointError { found.append(.init(.degraded, "the last checkpoint was not stored: \(error)")) }
    if let error = lane.commitError { found.append(.init(.degraded, "the last offsets were not committed: \(error)")) }
    return found
  }
}

private func seconds(_ ms: Int64) -> String { "\(max(0, ms) / 1_000) s" }
