import KafkaClient
import StreamEngine

extension LaneLoop {
  private static let leaveMs: Int64 = 5_000

  /// The end by wish: deliver what is under way and checkpoint it, within the stop's deadline.
  func drain() throws(PipelineFailure) {
    guard !lane.isAbandoned, let sink else { return }
    // Time for closing the clients is kept back.
    let deadline = lane.deadline == .max ? Clock.monotonicMs() + 30_000 : lane.deadline - 2_000
    let now = Clock.wallMs()
    for shard in shards {
      shard.executor.endBatch()
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
    // Lingering records go out at once.
    sink.producer.flush(timeoutMs: 100)
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
      while !ended && !lane.isAbandoned { ended = commits.end(timeoutMs: 1_000) }
      if !ended { return leakClients() }
    }
    guard let source, let sink else { return }
    if lane.isAbandoned { return leakClients() }
    lane.publish { $0.status.stage = .stopping }
    source.batch.release()
    forgetShards()
    counts.delivered += sink.producer.delivered
    counts.deliveriesFailed += sink.producer.failed
    counts.consumerErrors += source.consumer.errors.count
    if leaving { source.consumer.leaveGroup(timeoutMs: Self.leaveMs) }
    source.consumer.close(leaving: leaving)
    sink.producer.close()
    self.source = nil
    self.sink = nil
    commits = nil
  }

  /// The commit thread hangs in a call on these clients: they stay as they are, for ever, rather than be destroyed under it.
  private func leakClients() {
    guard let source, let sink else { return }
    _ = Unmanaged.passRetained(source)
    _ = Unmanaged.passRetained(sink)
    self.source = nil
    self.sink = nil
  }
}
