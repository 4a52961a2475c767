import KafkaClient
import RecordCodec
import StreamEngine

extension LaneLoop {
  /// Answers one of those who asked for windows, so that questions never keep records waiting. Between batches, while nothing is pending.
  func answerQuestion() throws(PipelineFailure) {
    guard lane.hasQuestions, let question = lane.takeQuestion(), question.deadline > Clock.monotonicMs() else { return }
    question.answer(try windows(question))
  }

  private func windows(_ question: WindowQuestion) throws(PipelineFailure) -> [ListedWindow] {
    let encoder = ResultEncoder(memberNames: plan.memberNames, writesFinal: true)
    let batch = ResultBatch(capacity: question.limit, aggregationCount: plan.memberNames.count)
    var windows: [ListedWindow] = []
    for shard in shards {
      batch.removeAll()
      do throws(StateLimitExceeded) { try list(shard.executor, question.key, into: batch) } catch { throw Self.limitExceeded(error) }
      for index in 0..<batch.count {
        windows.append(ListedWindow(end: batch.windowEnds[index], value: Array(encoder.encode(batch, index))))
      }
      batch.removeAll()
      shard.executor.forgetResults()
    }
    return windows
  }

  private func list(_ executor: ShardExecutor, _ key: [UInt8]?, into batch: ResultBatch) throws(StateLimitExceeded) {
    guard let key else { return try executor.listWindows(into: batch) }
    // A closure that throws one type only, which `withUnsafeBytes` does not pass on.
    var exceeded: StateLimitExceeded?
    key.withUnsafeBytes { bytes in
      do throws(StateLimitExceeded) { try executor.listWindows(ofKey: bytes, into: batch) } catch { exceeded = error }
    }
    if let exceeded { throw exceeded }
  }
}
