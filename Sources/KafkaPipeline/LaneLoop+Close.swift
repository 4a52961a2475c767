import KafkaClient
import StreamEngine

extension LaneLoop {
  private static let leaveMs: Int64 = 5_000
  /// Longest wait for the commit thread's call in hand.
  private static let endMs: Int64 = 12_000
  private static let abortMs: Int32 = 2_000

  /// The end by wish: deliver what is under way and checkpoint it, within the stop's deadline.
  func drain() throws(PipelineFailure) {
    guard !lane.isAbandoned, let sink else { return }
    // Time for closing the clients is kept back.
    let deadline = lane.deadline == .max ? Clock.monotonicMs() + 30_000 : lane.deadline - 2_000
    let now = Clock.wallMs()
    for shard in shards where !shard.isReplaying {
      shard.executor.endBatch()
      if shard.executor.hasPendingResults { try emit(shard, now) }
      guard lane.drainsWindows else { continue }
      shard.executor.emitOpen()
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
    // Lingering records go out at once.
    if !commitProtocol.isEndingTransaction { sink.producer.flush(timeoutMs: 100) }
    try checkpointNow(deadline: deadline)
    publish(Clock.wallMs())
    if let error = counts.checkpointError {
      throw PipelineFailure(
        code: "state.store_unavailable", fault: .external, retryable: true, message: "the last checkpoint was not stored: \(error)",
        advice: "The next start goes on from the checkpoint before; results since then come again.")
    }
  }

  /// Ends the commit thread, then the clients. Can hang in the client: then the pipeline abandons this lane.
  func close(leaving: Bool) {
    if let commits {
      var ended = false
      let giveUpAt = Clock.monotonicMs() + Self.endMs
      while !ended && !lane.isAbandoned && Clock.monotonicMs() < giveUpAt {
        ended = commits.end(timeoutMs: 500)
        lane.beat()
      }
      if !ended { return leaveClients(to: commits) }
    }
    guard let source, let sink else { return }
    if lane.isAbandoned { return leakClients() }
    endTransaction(sink.producer)
    lane.publish { $0.status.stage = .stopping }
    source.batch.release()
    forgetShards()
    counts.delivered += sink.producer.delivered
    counts.sinceFired.add(LatencyHistogram(sink.producer.latencies.sinceFired))
    counts.sinceEvent.add(LatencyHistogram(sink.producer.latencies.sinceEvent))
    counts.deliveriesFailed += sink.producer.failed
    counts.consumerErrors += source.consumer.errors.count
    if leaving { source.consumer.leaveGroup(timeoutMs: Self.leaveMs) }
    source.consumer.close(leaving: leaving)
    sink.producer.close()
    self.source = nil
    self.sink = nil
    commits = nil
  }

  /// What is open is aborted, so that readers and the next owner of its offsets need not wait for its timeout.
  private func endTransaction(_ producer: KafkaProducer) {
    let isOpen = commitProtocol.isOpen
    commitProtocol = CommitProtocol(plan.guarantee)
    if isOpen { _ = try? producer.abortTransaction(timeoutMs: Self.abortMs) }
  }

  /// The commit thread hangs in a call on these clients: it closes them when the call returns, rather than have them destroyed under it.
  private func leaveClients(to commits: CommitThread) {
    environment.log("error", "lane \(lane.index): a call of its clients does not return; they are left to it")
    counts.leakedClients += 1
    lane.publish { $0.status.leakedClients = counts.leakedClients }
    source?.batch.release()
    forgetShards()
    commits.adoptClients()
    source = nil
    sink = nil
    self.commits = nil
    commitProtocol = CommitProtocol(plan.guarantee)
  }

  /// Somebody else may still use these clients: they stay as they are, for ever.
  private func leakClients() {
    guard let source, let sink else { return }
    _ = Unmanaged.passRetained(source)
    _ = Unmanaged.passRetained(sink)
    self.source = nil
    self.sink = nil
  }
}
