import KafkaClient
import StateStore
import StreamEngine

extension LaneLoop {
  private static let commitTimeoutMs: Int32 = 10_000

  /// Takes the checkpoint one step on, if there is one under way or due.
  func stepCheckpoint(_ monotonic: Int64) throws(PipelineFailure) {
    guard let commits, let sink else { return }
    for outcome in commits.takeOutcomes() { try note(outcome) }
    if commitProtocol.phase == .idle && monotonic >= nextCheckpointAt && !shards.isEmpty {
      nextCheckpointAt = monotonic + plan.kafka.autoCommitIntervalMs
      try beginCheckpoint()
    }
    if commitProtocol.phase == .delivering && sink.outstandingBeforeEpoch == 0 {
      // A report of a failure is a report too: no checkpoint may hold a window as fired whose result did not arrive.
      try checkDeliveries(sink)
      perform(commitProtocol.handle(.delivered))
    }
  }

  /// A whole checkpoint now, waited for: before partitions are given away, at stop, at the first start.
  func checkpointNow(deadline: Int64) throws(PipelineFailure) {
    try finishCheckpoint(deadline)
    if shards.isEmpty { return }
    try beginCheckpoint()
    try finishCheckpoint(deadline)
  }

  /// No checkpoint is taken between the first and the last result of one window end: what is pending, such as by a partition that
  /// was just found idle, goes out first.
  private func beginCheckpoint() throws(PipelineFailure) {
    for shard in shards where shard.executor.hasPendingResults { try emit(shard, Clock.wallMs()) }
    perform(commitProtocol.handle(.due(changed: changed)))
  }

  /// Waits until no checkpoint is under way.
  func finishCheckpoint(_ deadline: Int64) throws(PipelineFailure) {
    nextCheckpointAt = .max
    defer { nextCheckpointAt = Clock.monotonicMs() + plan.kafka.autoCommitIntervalMs }
    while commitProtocol.phase != .idle {
      guard let sink, Clock.monotonicMs() < deadline, !lane.isAbandoned else {
        throw PipelineFailure(
          code: "state.checkpoint_timeout", fault: .external, retryable: true,
          message: "a checkpoint was not confirmed in time (\(commitProtocol.phase))",
          advice: "Check that brokers and disk answer; the next start goes on from the last checkpoint.")
      }
      sink.producer.poll(timeoutMs: 2)
      try stepCheckpoint(Clock.monotonicMs())
      try checkDeliveries(sink)
      lane.beat()
    }
  }

  private func perform(_ action: CommitProtocol.Action?) {
    guard let action, let source, let sink, let commits else { return }
    switch action {
    case .snapshot(let full):
      changed = false
      pendingCheckpoints = []
      pendingOffsets = []
      for shard in shards {
        let copy = shard.snapshot(
          full: full, positions: source.consumer.assignment.positions, storeID: environment.storeID, signature: signature)
        pendingCheckpoints.append(copy.checkpoint)
        pendingOffsets += copy.offsets
      }
      sink.beginEpoch()
    case .store:
      commits.submit(.store(pendingCheckpoints))
      pendingCheckpoints = []
    case .commitOffsets:
      commits.submit(.commitOffsets(pendingOffsets, timeoutMs: Self.commitTimeoutMs))
    }
  }

  private func note(_ outcome: CommitThread.Outcome) throws(PipelineFailure) {
    switch outcome {
    case .stored(let bytes, let ms):
      counts.checkpoints += 1
      counts.lastCheckpointAt = Clock.wallMs()
      counts.lastCheckpointBytes = bytes
      counts.lastCheckpointMs = ms
      counts.checkpointError = nil
      perform(commitProtocol.handle(.stored))
    case .storeFailed(let error):
      counts.checkpointErrors += 1
      if counts.checkpointError != error.message { environment.log("error", "checkpoint not stored: \(error.message)") }
      counts.checkpointError = error.message
      changed = true
      perform(commitProtocol.handle(.storeFailed))
      if error.code == .damaged || error.code == .newerFormat { throw PipelineFailure(error) }
    case .committed(let offsets):
      counts.offsetsCommitted += Int64(offsets.count)
      counts.commitError = nil
      for entry in offsets {
        if let index = partitions.firstIndex(where: { $0.partition == entry.partition }) { partitions[index].committed = entry.offset }
      }
      perform(commitProtocol.handle(.committed))
    case .commitFailed(let error):
      counts.commitErrors += 1
      counts.commitError = error.message
      perform(commitProtocol.handle(.commitFailed))
    case .ends(let ends, let ticket):
      try noteEnds(ends, ticket)
    }
  }

  // MARK: Idle partitions

  /// Asks for the log ends of partitions that have been quiet for the idle timeout. Only an answer makes one idle: a dead broker
  /// must never look like a quiet topic.
  func askForIdle() {
    guard idleQuestion == nil, let commits else { return }
    var asked: [Int] = []
    for index in partitions.indices where polledMs - partitions[index].lastPolledMs >= plan.idleTimeout {
      if !isIdle(index) { asked.append(index) }
    }
    if asked.isEmpty { return }
    nextTicket += 1
    idleQuestion = (nextTicket, asked)
    commits.submit(.askEnds(asked.map { partitions[$0].partition }, ticket: nextTicket))
  }

  private func noteEnds(_ ends: [PartitionOffset]?, _ ticket: Int) throws(PipelineFailure) {
    guard let question = idleQuestion, question.ticket == ticket else { return }
    idleQuestion = nil
    guard let ends, ends.count == question.asked.count, let source else { return }
    let now = Clock.wallMs()
    for (entry, index) in zip(ends, question.asked) {
      let quiet = polledMs - partitions[index].lastPolledMs >= plan.idleTimeout
      if quiet && entry.partition == partitions[index].partition && entry.offset == source.consumer.assignment.positions[index] {
        let shard = shards[shardOf[index]]
        shard.executor.markIdle(Int(inputOf[index]), now: now)
        if shard.executor.hasPendingResults { try emit(shard, now) }
        changed = true
      } else if quiet {
        // Not idle: ask again after a second of polled time.
        partitions[index].lastPolledMs = polledMs - max(0, plan.idleTimeout - 1_000)
      }
    }
  }
}
