import KafkaPipeline

/// A pipeline's health, computed from what moved and when, never from "it connected once".
package struct Health: Sendable, Equatable {
  package var level: HealthLevel
  package var conditions: [HealthCondition]

  /// A start may take this long before it counts as trouble.
  package static let startGraceMs: Int64 = 15_000
  /// A lane whose loop made no pass for this long hangs in a call.
  package static let laneHangsMs: Int64 = 15_000
  /// Unread records and nothing moved for this long: it does not get on.
  package static let noProgressMs: Int64 = 30_000
  /// A partition without a leader for this long is in trouble; leaders that move are not.
  package static let leaderlessMs: Int64 = 3_000
  /// Beyond the delivery timeout, for the report to come back.
  package static let deliverySlackMs: Int64 = 2_000

  package static let unknown = Health(level: .unknown, conditions: [])

  package init(level: HealthLevel, conditions: [HealthCondition]) {
    self.level = level
    self.conditions = conditions
  }

  package init(_ input: HealthInput) {
    conditions = Self.conditions(of: input)
    level = Self.level(of: input, conditions)
  }

  /// The conditions with `since` kept where the status is what it was in `earlier`, and `now` where it changed.
  package func continuing(_ earlier: Health, at now: Int64) -> Health {
    var next = self
    for index in next.conditions.indices {
      let before = earlier.conditions.first { $0.kind == next.conditions[index].kind }
      let unchanged = before.map { $0.status == next.conditions[index].status } ?? false
      next.conditions[index].since = unchanged ? before?.since ?? now : now
    }
    return next
  }

  private static func level(of input: HealthInput, _ conditions: [HealthCondition]) -> HealthLevel {
    let lifecycle = input.lifecycle
    let worst = conditions.filter(\.isBad).map(Self.weight).max() ?? .ok
    switch lifecycle.phase {
    case .stopped, .completed, .deleting: return .ok
    case .stopping: return lifecycle.afterStop == .rest ? .ok : max(.unknown, worst == .failing ? .failing : .ok)
    case .failed: return .failing
    case .backoff: return lifecycle.attempt > 1 ? .failing : max(.degraded, worst)
    case .starting:
      // A later attempt is not good news before it runs: no flapping between failing and unknown.
      if lifecycle.attempt > 1 { return .failing }
      guard input.now - input.phaseSince >= startGraceMs else { return max(.unknown, worst) }
      let isReadingAgain = input.status?.lanes.contains { $0.replay != nil } ?? false
      return input.status?.stage == .waitingForWorker || isReadingAgain ? .degraded : .failing
    case .running: return worst
    // By wish nothing comes out, so nothing that keeps it from coming out is a failure.
    case .paused: return min(worst, .degraded)
    }
  }

  /// How bad a bad condition is.
  private static func weight(_ condition: HealthCondition) -> HealthLevel {
    switch condition.kind {
    // The rest of the input gets on, or the lanes do all they can.
    case .progressing where condition.reason == "TransactionOpen" || condition.reason == "EveryRecordBad": .degraded
    case .brokersReachable, .inputComplete, .progressing, .sinkDelivering: .failing
    case .partitionsAssigned, .stateComplete, .checkpointFresh, .waitingForWorker, .partitionsChanged: .degraded
    }
  }
}
