import KafkaClient
import StreamEngine

extension LaneLoop {
  /// Pauses all partitions, or lets all go on, as it was asked for. Windows that are read again come first.
  func followPause() throws(PipelineFailure) {
    guard lane.pauseRequested != isPaused, let source, !isReplaying, inputComplete == true, !partitions.isEmpty || lane.pauseRequested else { return }
    // What is too far ahead of others is paused already, and what is at the end of a bounded run stays so.
    let change = partitions.indices.filter { !arrived.contains($0) && (isPaused || !drift.paused.contains($0)) }
    let named = change.map { partitions[$0].partition }
    do throws(KafkaError) {
      if !named.isEmpty { if isPaused { try source.consumer.resume(named) } else { try source.consumer.pause(named) } }
    } catch {
      throw PipelineFailure(error, doing: isPaused ? "going on after a pause" : "pausing")
    }
    isPaused.toggle()
    drift.forget()
    if isPaused {
      // The offsets that others see are those of the pause.
      nextCheckpointAt = min(nextCheckpointAt, Clock.monotonicMs())
      publish(Clock.wallMs())
      return
    }
    // Nobody knows what came meanwhile: until the brokers say again that nothing is unread, no partition is idle.
    let now = Clock.wallMs()
    for index in partitions.indices { partitions[index].lastPolledMs = polledMs }
    for shard in shards {
      shard.executor.markActive((0..<shard.partitions.count).filter { !arrived.contains(shard.assignmentIndices[$0]) })
      if shard.executor.hasPendingResults { try emit(shard, now) }
    }
    publish(now)
  }
}
