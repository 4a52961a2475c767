import KafkaClient

/// A lane that stood still may have lost its partitions without having heard of it.
extension LaneLoop {
  /// A pause that costs a membership is longer: `session.timeout.ms` is 6 s at least by the brokers' default.
  private static let suspectMs: Int64 = 4_000
  private static let proofTimeoutMs: Int32 = 10_000

  /// After a pause of the process, before anything goes out: the group must still take this member's offsets. With transactions the
  /// commit itself proves it.
  func proveMembership() throws(PipelineFailure) {
    let now = Clock.monotonicMs()
    let pause = now - lastAliveAt
    lastAliveAt = now
    guard pause > Self.suspectMs, plan.guarantee == .atLeastOnce, !shards.isEmpty, !lastCommitted.isEmpty else { return }
    defer { lastAliveAt = Clock.monotonicMs() }
    environment.log("warning", "lane \(lane.index) stood still for \(pause) ms: does it still have its partitions?")
    // A commit that was under way may have been overtaken by this one.
    changed = true
    do throws(KafkaError) { try source?.consumer.commit(lastCommitted, timeoutMs: Self.proofTimeoutMs) } catch {
      throw PipelineFailure(
        code: "kafka.membership_lost", fault: .external, retryable: true,
        message: "after a pause of \(pause) ms the group \(plan.kafka.groupID) does not take this member's offsets: \(error.message) (\(error.name))",
        advice: "Another member has the partitions. The pipeline joins the group again by itself.")
    }
  }
}
