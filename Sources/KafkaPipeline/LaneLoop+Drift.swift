import KafkaClient
import StreamEngine

extension LaneLoop {
  /// So long (ms of polled time) a partition that was just assigned and has told nothing yet holds no other back.
  private static let driftGraceMs: Int64 = 1_000

  /// Pauses partitions that are read too far ahead of others of the lane, and lets them go on.
  func controlDrift() throws(PipelineFailure) {
    guard let source, partitions.count > 1, !isReplaying else { return }
    let positions = source.consumer.assignment.positions
    let isFresh = polledMs - assignedAtPolledMs < Self.driftGraceMs
    let standing = partitions.indices.map { index in
      let watermark = shards[shardOf[index]].executor.inputTime(Int(inputOf[index])).watermark
      if arrived.contains(index) { return DriftControl.Partition(watermark: watermark, hasUnread: false, position: positions[index]) }
      let hasUnread = source.consumer.cachedEnd(partitions[index].partition).map { $0 > positions[index] }
      return DriftControl.Partition(
        watermark: watermark, hasUnread: hasUnread ?? (isFresh && watermark == nil ? false : nil), position: positions[index])
    }
    let change = drift.decide(standing)
    // At the end of a bounded run they stay paused.
    let resuming = change.resume.filter { !arrived.contains($0) }
    let pausing = change.pause.filter { !arrived.contains($0) }
    do throws(KafkaError) {
      if !pausing.isEmpty { try source.consumer.pause(pausing.map { partitions[$0].partition }) }
      if !resuming.isEmpty { try source.consumer.resume(resuming.map { partitions[$0].partition }) }
    } catch {
      throw PipelineFailure(error, doing: "pausing partitions that are ahead of others")
    }
    for index in change.resume { partitions[index].lastPolledMs = polledMs }
  }
}
