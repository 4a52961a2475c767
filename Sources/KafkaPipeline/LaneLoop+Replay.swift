import KafkaClient
import StreamEngine

/// Windows that are read again from the log: partitions at their committed offset wait until all of the shard are there.
extension LaneLoop {
  var isReplaying: Bool { shards.contains(where: \.isReplaying) }

  /// Pauses what has arrived, and lets shards go live whose inputs have all arrived.
  func advanceReplays() throws(PipelineFailure) {
    guard let source, isReplaying else { return }
    CrashPoint.reach(.rebuilding)
    var wentLive = false
    for shard in shards {
      guard var replay = shard.replay else { continue }
      let positions = shard.assignmentIndices.map { source.consumer.assignment.positions[$0] }
      if replay.isOver(positions) {
        shard.executor.endReplay()
        shard.replay = nil
        wentLive = true
        changed = true
        environment.log("info", "shard \(shard.number): its windows are complete again; live from \(replay.targets)")
        continue
      }
      let arrived = replay.arrived(positions)
      if arrived.isEmpty { continue }
      try pause(arrived.map { shard.partitions[$0] })
      for input in arrived { replay.paused[input] = true }
      shard.replay = replay
    }
    if wentLive { try readOn() }
  }

  private func pause(_ partitions: [TopicPartition]) throws(PipelineFailure) {
    do throws(KafkaError) { try source?.consumer.pause(partitions) } catch {
      throw PipelineFailure(error, doing: "pausing partitions that wait for others")
    }
  }

  /// Starts to read anew, everything where it stands: the client's own positions are behind the records that were passed over.
  private func readOn() throws(PipelineFailure) {
    guard let source else { return }
    let assignment = source.consumer.assignment
    var starts: [ReadStart] = []
    var paused: [TopicPartition] = []
    for shard in shards {
      for (input, index) in shard.assignmentIndices.enumerated() {
        let limit = shard.replay?.targets[input] ?? .max
        starts.append(ReadStart(shard.partitions[input], offset: assignment.positions[index], limit: limit))
        if shard.replay?.paused[input] == true { paused.append(shard.partitions[input]) }
      }
    }
    source.batch.release()
    try start(source, at: starts)
    for (index, mark) in assignment.marks.enumerated() {
      if let mark { source.consumer.assignment.note(mark, index) }
    }
    drift.forget()
    if !paused.isEmpty { try pause(paused) }
    CrashPoint.reach(.live)
  }

  /// For people and for the stats: how much is still to be read again.
  func replayProgress(_ now: Int64) -> ReplayProgress? {
    guard let source, isReplaying else {
      replayRate = nil
      return nil
    }
    let positions = source.consumer.assignment.positions
    let toGo = shards.reduce(Int64(0)) { sum, shard in
      sum + (shard.replay?.recordsToGo(shard.assignmentIndices.map { positions[$0] }) ?? 0)
    }
    guard let begun = replayRate else {
      replayRate = (now, toGo)
      return ReplayProgress(recordsToGo: toGo, secondsToGo: nil)
    }
    let done = begun.toGo - toGo
    let seconds = done > 0 ? Double(toGo) * Double(now - begun.at) / Double(done) / 1000 : nil
    return ReplayProgress(recordsToGo: toGo, secondsToGo: seconds)
  }
}
