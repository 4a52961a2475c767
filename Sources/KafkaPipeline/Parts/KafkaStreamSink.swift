import KafkaClient
public import StreamEngine
import Synchronization

/// Writes records to the output topic with an idempotent producer: for programs that bring their own processing. A sink runs once.
///
/// `send` returns when the record is queued; `flush` when everything is confirmed, which is the time to commit the offsets of what
/// it was made from. Once a record could not be delivered the sink is over, since those after it may have overtaken it.
public final class KafkaStreamSink: Sendable {
  private let thread: SinkThread
  private let state = Mutex(false)

  /// - Parameters:
  ///   - config: input topics and group are of no account.
  ///   - queueLimit: most records that wait for the client, beyond which `send` waits.
  /// - Throws: `InvalidPipeline` with everything that is wrong.
  public init(config: KafkaStreamConfig, queueLimit: Int = 10_000) throws(InvalidPipeline) {
    var faults = config.faults(input: false)
    if queueLimit < 1 { faults.append("queueLimit is at least 1, not \(queueLimit)") }
    guard faults.isEmpty else { throw InvalidPipeline(faults: faults) }
    thread = SinkThread(config, queueLimit: queueLimit)
  }

  /// Delivers what is sent, until `stop`, the cancellation of the task or a failure; returns once all is delivered.
  /// - Throws: `PipelineFailure`.
  public func run() async throws(PipelineFailure) {
    let begun = state.withLock { hasRun in
      defer { hasRun = true }
      return !hasRun
    }
    if begun { thread.start() }
    let failure = await withTaskCancellationHandler {
      await thread.end()
    } onCancel: {
      thread.requestStop(deadlineMs: 30_000)
    }
    if let failure { throw failure }
  }

  /// Queues a record; waits while the queue is full.
  ///
  /// - Parameters:
  ///   - key: decides the partition (murmur2, as the Java client); nil: records are spread.
  ///   - value: nil: a tombstone.
  ///   - timestamp: Unix ms; nil: now.
  /// - Throws: `PipelineFailure` if the sink is over.
  public func send(key: [UInt8]?, value: [UInt8]?, timestamp: Int64? = nil) async throws(PipelineFailure) {
    try await thread.send(SinkThread.Record(key: key, value: value, timestamp: timestamp ?? Clock.wallMs()))
  }

  /// Returns when nothing that was sent waits for its confirmation any more.
  /// - Throws: `PipelineFailure` if something could not be delivered.
  public func flush() async throws(PipelineFailure) { try await thread.flush() }

  /// Takes no more records, delivers those that it has and closes; returns when that is done.
  /// - Throws: `PipelineFailure` if something was not delivered by the deadline.
  public func stop(flushMilliseconds: Int64 = 30_000) async throws(PipelineFailure) {
    thread.requestStop(deadlineMs: flushMilliseconds)
    let hasRun = state.withLock { hasRun in
      defer { hasRun = true }
      return hasRun
    }
    // Something may have been sent to one that never ran.
    if !hasRun { thread.start() }
    if let failure = await thread.end() { throw failure }
  }

  /// `messagesProduced` (confirmed) and `produceErrors`; the rest is 0 or nil.
  public var stats: KafkaStreamStats { thread.stats }
}
