import KafkaClient
public import StreamEngine
import Synchronization

/// Reads topics as a member of a consumer group and hands batches to a handler: for programs that bring their own processing.
///
/// Nothing is committed by itself: an `OffsetManager` commits what was processed. Records of aborted transactions do not come. A
/// source runs once.
public final class KafkaStreamSource: Sendable {
  private enum Phase {
    case new, running, ended
  }

  private struct State {
    var phase = Phase.new
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  let offsets = SourceOffsets()
  private let thread: SourceThread
  private let state = Mutex(State())

  /// - Parameters:
  ///   - config: `outputTopic` and what concerns results is of no account.
  ///   - startAt: where partitions start that the group has no offset of.
  ///   - batchSize: most records in one batch.
  /// - Throws: `InvalidPipeline` with everything that is wrong.
  public init(config: KafkaStreamConfig, startAt: StartPosition = .earliest, batchSize: Int = 10_000) throws(InvalidPipeline) {
    var faults = config.faults(output: false)
    if !(1...100_000).contains(batchSize) { faults.append("batchSize is from 1 to 100000, not \(batchSize)") }
    guard faults.isEmpty else { throw InvalidPipeline(faults: faults) }
    thread = SourceThread(config, startAt: startAt, batchSize: batchSize, offsets: offsets)
  }

  /// Hands batch after batch to the handler, one at a time, until `stop`, the cancellation of the task, an error of the handler or a
  /// failure. While a batch is handled nothing is read, and partitions are given away only between batches: a handler that takes
  /// longer than `max.poll.interval.ms` (5 minutes unless set) loses them.
  ///
  /// Returns once the group has been left.
  /// - Throws: `PipelineFailure`, or what the handler throws.
  public nonisolated(nonsending) func run(_ handler: (KafkaRecordBatch) async throws -> Void) async throws {
    let begun = state.withLock { state in
      defer { if state.phase == .new { state.phase = .running } }
      return state.phase == .new
    }
    guard begun else { return await waitForEnd() }
    defer { end() }
    thread.start()
    try await withTaskCancellationHandler {
      while true {
        switch await thread.next() {
        case .batch: try await handle(handler)
        case .ended(let failure?): throw failure
        case .ended(nil): return
        }
      }
    } onCancel: {
      thread.requestStop()
    }
  }

  private nonisolated(nonsending) func handle(_ handler: (KafkaRecordBatch) async throws -> Void) async throws {
    do { try await handler(KafkaRecordBatch(thread.batch, thread.partitions)) } catch {
      thread.requestStop()
      while case .batch = await thread.next() {}
      throw error
    }
  }

  /// Lets the batch in hand be finished, commits what an `OffsetManager` tracked, leaves the group; returns when that is done.
  public func stop() async {
    let isNew = state.withLock { state in
      defer { if state.phase == .new { state.phase = .ended } }
      return state.phase == .new
    }
    if isNew { return }
    thread.requestStop()
    await waitForEnd()
  }

  /// `messagesConsumed`, `consumeErrors` (of the client), `consumerLag` and what was committed; the rest is 0 or nil.
  public var stats: KafkaStreamStats { offsets.stats }

  private func end() {
    let waiters = state.withLock { state in
      state.phase = .ended
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.phase == .ended { return true }
        state.waiters.append(continuation)
        return false
      }
      if isOver { continuation.resume() }
    }
  }
}
