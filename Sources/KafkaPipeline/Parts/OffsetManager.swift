import KafkaClient

/// Commits the offsets of what a program has processed of a `KafkaStreamSource`, by hand or from time to time.
///
/// Offsets of partitions that the group has taken away meanwhile are left out: they are another member's. Before partitions are
/// given away, and when the source stops, what was tracked is committed.
public final class OffsetManager: Sendable {
  private struct State {
    var intervalMs: Int64?
    var requests: [CheckedContinuation<PipelineFailure?, Never>] = []
    var stopping = false
    var hasThread = false
  }

  private let offsets: SourceOffsets
  private let state = Monitor(State())

  public init(source: KafkaStreamSource) {
    offsets = source.offsets
  }

  deinit { state.update { $0.stopping = true } }

  /// The record at that offset, and those before it in its partition, are processed: the next start may begin after it.
  public func trackOffset(topic: String, partition: Int, offset: Int64) {
    guard let number = Int32(exactly: partition) else { return }
    offsets.track(TopicPartition(topic, number), next: offset + 1)
  }

  /// All records of the batch are processed.
  public func trackOffsets(of batch: KafkaRecordBatch) {
    for record in batch.reversed() { trackOffset(topic: record.topic, partition: record.partition, offset: record.offset) }
  }

  /// Commits what was tracked and waits for the coordinator's answer. Nothing to commit is no error.
  /// - Throws: `PipelineFailure`; what was tracked stays due.
  public func commitOffsets() async throws(PipelineFailure) {
    let failure = await withCheckedContinuation { continuation in
      let isOver = state.update { state in
        if state.stopping { return true }
        state.requests.append(continuation)
        return false
      }
      if isOver { continuation.resume(returning: nil) } else { needThread() }
    }
    if let failure { throw failure }
  }

  /// Commits so often from now on. One that fails is made up for by the next; `stats.commitErrors` of the source counts it.
  public func startAutoCommit(everyMilliseconds interval: Int64 = 5_000) {
    state.update { $0.intervalMs = max(10, interval) }
    needThread()
  }

  /// Commits what is due a last time and ends; later calls do nothing.
  /// - Throws: `PipelineFailure` if that commit fails.
  public func stop() async throws(PipelineFailure) {
    defer { state.update { $0.stopping = true } }
    try await commitOffsets()
  }

  // MARK: The thread

  private func needThread() {
    let isNew = state.update { state in
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard isNew else { return }
    let (offsets, state) = (offsets, state)
    if !startThread({ Self.run(offsets, state) }) {
      let requests = state.update { state in
        state.hasThread = false
        defer { state.requests = [] }
        return state.requests
      }
      for request in requests {
        request.resume(
          returning: PipelineFailure(
            code: "lane.no_thread", fault: .external, retryable: true, message: "the system gives no more threads",
            advice: "Raise the limit on threads."))
      }
    }
  }

  private static func run(_ offsets: SourceOffsets, _ state: Monitor<State>) {
    while true {
      let interval = state.withLock { $0.intervalMs }
      let turn = state.wait(timeoutMs: interval ?? 60_000) { state -> (requests: [CheckedContinuation<PipelineFailure?, Never>], end: Bool)? in
        guard !state.requests.isEmpty || state.stopping || state.intervalMs != interval else { return nil }
        defer { state.requests = [] }
        return (state.requests, state.stopping)
      }
      var failure: PipelineFailure?
      let isTime = turn == nil && interval != nil
      if isTime || turn?.requests.isEmpty == false {
        do throws(KafkaError) { try offsets.commit() } catch { failure = PipelineFailure(error, doing: "committing offsets") }
      }
      for request in turn?.requests ?? [] { request.resume(returning: failure) }
      if turn?.end == true { return }
    }
  }
}
