import KafkaClient
import StreamEngine

/// Results on their way out.
extension LaneLoop {
  /// Sends all that an executor has to say. A full queue is back pressure: wait for reports, then go on.
  func emit(_ shard: Shard, _ now: Int64) throws(PipelineFailure) {
    guard let sink else { return }
    try proveMembership()
    while shard.executor.hasPendingResults {
      sink.results.removeAll()
      do throws(StateLimitExceeded) { try shard.executor.drainResults(into: sink.results) } catch {
        throw Self.limitExceeded(error)
      }
      let isWatched = environment.tap.isWatched
      for index in 0..<sink.results.count {
        sending: while true {
          try makeRoom(sink)
          switch sink.send(index, now: now) {
          case .queued:
            if isWatched { environment.tap.offer(sink.lastValue, topic: plan.kafka.outputTopic, at: now) }
            break sending
          case .refused(let error):
            try handleRefused(sink, index, error)
            break sending
          case .full: try waitForReports(sink)
          }
        }
      }
      changed = true
      CrashPoint.reach(.produced)
      serveReports(sink)
      lane.beat()
    }
    hastenCommit()
    sink.results.removeAll()
    shard.executor.forgetResults()
  }

  /// Before an output: a transaction to put it in, or a place to hold it while one is being ended.
  func makeRoom(_ sink: LaneSink) throws(PipelineFailure) {
    while true {
      switch commitProtocol.outputs {
      case .produce: return sink.isHolding = false
      case .begin: try beginTransaction()
      case .hold:
        sink.isHolding = true
        if !sink.held.isFull { return }
        try waitForCommit()
        if lane.isAbandoned { throw Self.abandoned }
      }
    }
  }

  /// What was held while a transaction was being ended goes into the next one.
  func releaseHeld() throws(PipelineFailure) {
    guard let sink, !sink.held.isEmpty else { return }
    if commitProtocol.outputs == .begin { try beginTransaction() }
    while !sink.held.isEmpty {
      switch sink.sendHeld() {
      case .queued: continue
      case .refused(let error): throw refusal(error, plan.kafka.outputTopic)
      case .full: try waitForReports(sink)
      }
    }
    hastenCommit()
  }

  /// The client does not take a record. A transaction that failed takes none, and what comes then says nothing of why it failed.
  func refusal(_ error: KafkaError, _ topic: String) -> PipelineFailure {
    if error.isOfFailedTransaction { deliveryFailed = true }
    return PipelineFailure(cause(of: error), doing: "producing to \(place(of: error, topic))")
  }

  /// Partitions of all topics are added to a transaction together, and the client does not say which of them was refused.
  private func place(of error: KafkaError, _ topic: String) -> String {
    guard error.isOfFailedTransaction, let deadLetters = plan.errors.deadLetterTopic else { return topic }
    return "\(plan.kafka.outputTopic) or \(deadLetters)"
  }

  private func cause(of error: KafkaError) -> KafkaError {
    guard error.isOfFailedTransaction, commitProtocol.isOpen else { return error }
    return sink?.producer.transactionFailure ?? error
  }

  /// The client's queue is full, or a record is too large to be held: back pressure.
  func waitForReports(_ sink: LaneSink) throws(PipelineFailure) {
    if commitProtocol.outputs == .hold { return try waitForCommit() }
    sink.producer.poll(timeoutMs: 50)
    try proveMembership()
    lane.beat()
    if lane.isAbandoned { throw Self.abandoned }
    try checkDeliveries(sink)
  }

  /// While a transaction is being ended the producer belongs to the commit thread.
  func serveReports(_ sink: LaneSink) {
    if !commitProtocol.isEndingTransaction { sink.producer.poll(timeoutMs: 0) }
  }

  /// Throws if a result was not delivered: the lane goes back to its checkpoint then.
  func checkDeliveries(_ sink: LaneSink) throws(PipelineFailure) {
    try buryRefused(sink)
    guard let failure = sink.producer.latestFailure else { return }
    let error = cause(of: failure)
    if plan.errors.onProduceError == .fail {
      throw PipelineFailure(
        code: "kafka.result_refused", fault: .external, retryable: false,
        message: "a result was not delivered to \(plan.kafka.outputTopic): \(error.message) (\(error.name))",
        advice: "The spec wants to stop then (errors.on_produce_error). Start the pipeline again: it goes on from its last checkpoint.")
    }
    deliveryFailed = true
    throw PipelineFailure(error, doing: "delivering results to \(place(of: failure, plan.kafka.outputTopic))")
  }
}
