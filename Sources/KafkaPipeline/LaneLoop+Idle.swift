import KafkaClient
import StreamEngine

/// Idle partitions: only an answer of the brokers makes one idle.
extension LaneLoop {
  /// Asks for the log ends of partitions that have been quiet for the idle timeout. Only an answer makes one idle: a dead broker
  /// must never look like a quiet topic.
  func askForIdle() {
    guard idleQuestion == nil, let commits else { return }
    var asked: [Int] = []
    for index in partitions.indices where polledMs - partitions[index].lastPolledMs >= plan.idleTimeout {
      if !isIdle(index) && !arrived.contains(index) && !shards[shardOf[index]].isReplaying { asked.append(index) }
    }
    if asked.isEmpty { return }
    nextTicket += 1
    idleQuestion = (nextTicket, asked)
    commits.submit(.askEnds(asked.map { partitions[$0].partition }, ticket: nextTicket))
  }

  /// Between batches.
  func takeEnds() throws(PipelineFailure) {
    guard let answer = endsAnswer else { return }
    endsAnswer = nil
    guard let question = idleQuestion, question.ticket == answer.ticket else { return }
    idleQuestion = nil
    guard let ends = answer.ends, ends.count == question.asked.count, let source else { return }
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
