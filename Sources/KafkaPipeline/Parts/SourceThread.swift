import KafkaClient

/// The thread of a `KafkaStreamSource`: it polls while a batch is wanted and stands still while one is being handled, so that the
/// records of that stay where they are.
final class SourceThread: Sendable {
  enum Turn: Sendable {
    case batch
    case ended(PipelineFailure?)
  }

  private struct State {
    var wanted: CheckedContinuation<Turn, Never>?
    var stopping = false
    var outcome: Turn?
  }

  private let config: KafkaStreamConfig
  private let startAt: StartPosition
  private let offsets: SourceOffsets
  private let state = Monitor(State())
  /// Belongs to the thread, except between the answer `batch` and the next call of `next`.
  nonisolated(unsafe) let batch: RecordBatch
  nonisolated(unsafe) private(set) var partitions: [TopicPartition] = []

  private static let askTimeoutMs: Int32 = 5_000
  private static let retryPauseMs: Int64 = 500
  private static let idleMs: Int64 = 1_000

  init(_ config: KafkaStreamConfig, startAt: StartPosition, batchSize: Int, offsets: SourceOffsets) {
    self.config = config
    self.startAt = startAt
    self.offsets = offsets
    batch = RecordBatch(capacity: batchSize)
  }

  func start() {
    let started = startThread { [self] in
      let failure = run()
      let wanted = state.update { state in
        state.outcome = .ended(failure)
        defer { state.wanted = nil }
        return state.wanted
      }
      wanted?.resume(returning: .ended(failure))
    }
    if !started {
      state.update {
        $0.outcome = .ended(
          PipelineFailure(
            code: "lane.no_thread", fault: .external, retryable: true, message: "the system gives no more threads",
            advice: "Raise the limit on threads."))
      }
    }
  }

  func requestStop() { state.update { $0.stopping = true } }

  /// The next batch, with at least one record. The one before is given back by this call.
  func next() async -> Turn {
    await withCheckedContinuation { continuation in
      let outcome = state.update { state in
        if state.outcome == nil { state.wanted = continuation }
        return state.outcome
      }
      if let outcome { continuation.resume(returning: outcome) }
    }
  }

  // MARK: On the thread

  private var isStopping: Bool { state.withLock { $0.stopping } }

  private func run() -> PipelineFailure? {
    let consumer: KafkaConsumer
    do throws(KafkaError) { consumer = try KafkaConsumer(properties: ClientProperties.source(config)) } catch {
      return PipelineFailure(
        code: "kafka.client_refused", fault: .user, retryable: false, message: "the Kafka client refused its settings: \(error.message)",
        advice: "Correct consumerProperties.")
    }
    offsets.open(consumer)
    var failure: PipelineFailure?
    do throws(PipelineFailure) {
      do throws(KafkaError) { try consumer.subscribe(config.inputTopics) } catch {
        throw PipelineFailure(error, doing: "joining the group \(config.groupID)")
      }
      while waitUntilWanted() { try poll(consumer) }
    } catch { failure = error }
    batch.release()
    // What was tracked of the last batch; the offset manager may have been stopped already.
    try? offsets.commit()
    offsets.close()
    consumer.close(leaving: true)
    return failure
  }

  /// False: a stop was asked for.
  private func waitUntilWanted() -> Bool {
    while true {
      let answer = state.wait(timeoutMs: Self.idleMs) { state -> Bool? in
        if state.stopping { return false }
        return state.wanted == nil ? nil : true
      }
      if let answer { return answer }
    }
  }

  /// Polls until there is a batch, and hands it over. Returns without one if a stop is asked for.
  private func poll(_ consumer: KafkaConsumer) throws(PipelineFailure) {
    batch.release()
    while !isStopping {
      // Between batches: what a revoked partition had is processed and tracked by now.
      if let rebalance = consumer.takeRebalance() { try answer(rebalance, consumer) }
      _ = consumer.poll(into: batch, limit: batch.capacity, timeoutMs: Int32(clamping: max(1, min(config.pollTimeoutMs, 1_000))))
      if let fatal = consumer.errors.fatal { throw PipelineFailure(fatal, doing: "reading") }
      offsets.count(records: batch.count, errors: consumer.errors.count)
      offsets.setLag(lag(consumer))
      guard batch.count > 0 else { continue }
      let wanted = state.update { state in
        defer { state.wanted = nil }
        return state.wanted
      }
      wanted?.resume(returning: .batch)
      return
    }
  }

  private func lag(_ consumer: KafkaConsumer) -> Int64? {
    var sum: Int64 = 0
    for (index, partition) in partitions.enumerated() {
      guard let end = consumer.cachedEnd(partition) else { return nil }
      sum += max(0, end - consumer.assignment.positions[index])
    }
    return partitions.isEmpty ? nil : sum
  }

  private func answer(_ rebalance: Rebalance, _ consumer: KafkaConsumer) throws(PipelineFailure) {
    switch rebalance {
    case .assigned(let assigned):
      guard let starts = try starts(assigned, consumer) else { return consumer.unassign() }
      do throws(KafkaError) { try consumer.assign(starts) } catch { throw PipelineFailure(error, doing: "starting to read") }
      partitions = starts.map(\.partition)
      offsets.setAssigned(partitions)
    case .revoked(_, let lost):
      if !lost { try? offsets.commit() }
      partitions = []
      offsets.setAssigned([])
      consumer.unassign()
    }
  }

  /// Where each partition starts: at the group's offset, else as `startAt` says; never below what the log still holds. nil: a stop
  /// was asked for.
  private func starts(_ assigned: [TopicPartition], _ consumer: KafkaConsumer) throws(PipelineFailure) -> [PartitionOffset]? {
    let time: LogTime =
      switch startAt {
      case .earliest: .start
      case .latest: .end
      case .timestamp(let ms): .timestamp(ms)
      }
    guard
      var starts = try ask("the group's offsets", { () throws(KafkaError) in
        try consumer.committed(assigned, timeoutMs: Self.askTimeoutMs)
      }),
      let firsts = try ask("the log starts", { () throws(KafkaError) in
        try consumer.logOffsets(assigned, at: .start, timeoutMs: Self.askTimeoutMs)
      })
    else { return nil }
    let new = starts.filter { $0.offset == nil }.map(\.partition)
    guard
      let found = try ask("the offsets to start at", { () throws(KafkaError) in
        try consumer.logOffsets(new, at: time, timeoutMs: Self.askTimeoutMs)
      }),
      // A time after the last record has no offset.
      let ends = try ask("the log ends", { () throws(KafkaError) in
        try consumer.logOffsets(found.filter { $0.offset == nil }.map(\.partition), at: .end, timeoutMs: Self.askTimeoutMs)
      })
    else { return nil }
    for index in starts.indices {
      let partition = starts[index].partition
      func offset(_ list: [PartitionOffset]) -> Int64? { list.first { $0.partition == partition }?.offset }
      let start = starts[index].offset ?? offset(found) ?? offset(ends) ?? 0
      starts[index].offset = max(start, offset(firsts) ?? 0)
    }
    return starts
  }

  /// Asks until there is an answer. nil: a stop was asked for.
  private func ask<Answer>(_ what: String, _ question: () throws(KafkaError) -> Answer) throws(PipelineFailure) -> Answer? {
    while !isStopping {
      do throws(KafkaError) { return try question() } catch {
        let failure = PipelineFailure(error, doing: "asking for \(what)")
        if !failure.retryable { throw failure }
      }
      _ = state.wait(timeoutMs: Self.retryPauseMs) { $0.stopping ? true : nil }
    }
    return nil
  }
}
