import KafkaClient
import Synchronization

/// The thread of a `KafkaStreamSink`: it hands queued records to the client and serves its delivery reports.
final class SinkThread: Sendable {
  struct Record: Sendable {
    var key: [UInt8]?
    var value: [UInt8]?
    var timestamp: Int64
  }

  private struct State {
    var queue: [Record] = []
    /// Records are with the client and have no report yet.
    var underway = false
    /// Monotonic ms.
    var stopBy: Int64?
    var ended = false
    var failure: PipelineFailure?
    var senders: [CheckedContinuation<Void, Never>] = []
    var flushers: [CheckedContinuation<Void, Never>] = []
    var enders: [CheckedContinuation<Void, Never>] = []
    var stats = KafkaStreamStats()

    var isQuiet: Bool { queue.isEmpty && !underway }
  }

  private let config: KafkaStreamConfig
  private let queueLimit: Int
  private let state = Monitor(State())
  /// While reports are due; and while nothing is.
  private static let reportMs: Int64 = 5
  private static let idleMs: Int64 = 1_000

  init(_ config: KafkaStreamConfig, queueLimit: Int) {
    self.config = config
    self.queueLimit = queueLimit
  }

  var stats: KafkaStreamStats { state.withLock { $0.stats } }

  func start() {
    let started = startThread { [self] in finish(run()) }
    if !started {
      finish(
        PipelineFailure(
          code: "lane.no_thread", fault: .external, retryable: true, message: "the system gives no more threads",
          advice: "Raise the limit on threads."))
    }
  }

  func requestStop(deadlineMs: Int64) {
    state.update { $0.stopBy = min($0.stopBy ?? .max, Clock.monotonicMs() + deadlineMs) }
  }

  // MARK: For tasks

  func send(_ record: Record) async throws(PipelineFailure) {
    while true {
      let (isQueued, over) = state.update { state in
        if let over = Self.over(state) { return (false, over as PipelineFailure?) }
        guard state.queue.count < queueLimit else { return (false, nil) }
        state.queue.append(record)
        return (true, nil)
      }
      if let over { throw over }
      if isQueued { return }
      await wait { state, waiter in
        guard state.queue.count >= self.queueLimit, Self.over(state) == nil else { return false }
        state.senders.append(waiter)
        return true
      }
    }
  }

  func flush() async throws(PipelineFailure) {
    await wait { state, waiter in
      guard !state.isQuiet && !state.ended else { return false }
      state.flushers.append(waiter)
      return true
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Why it ended; nil: by wish.
  func end() async -> PipelineFailure? {
    await wait { state, waiter in
      guard !state.ended else { return false }
      state.enders.append(waiter)
      return true
    }
    return state.withLock { $0.failure }
  }

  /// `enlist` says false if there is nothing to wait for.
  private func wait(_ enlist: (inout State, CheckedContinuation<Void, Never>) -> Bool) async {
    await withCheckedContinuation { waiter in
      if !state.update({ enlist(&$0, waiter) }) { waiter.resume() }
    }
  }

  private static func over(_ state: State) -> PipelineFailure? {
    if let failure = state.failure { return failure }
    guard state.stopBy != nil || state.ended else { return nil }
    return PipelineFailure(
      code: "kafka.client_error", fault: .user, retryable: false, message: "the sink was stopped", advice: "Make another one.")
  }

  // MARK: On the thread

  private func finish(_ failure: PipelineFailure?) {
    let waiters = state.update { state in
      state.ended = true
      state.failure = failure
      defer { (state.senders, state.flushers, state.enders, state.queue) = ([], [], [], []) }
      return state.senders + state.flushers + state.enders
    }
    for waiter in waiters { waiter.resume() }
  }

  private func run() -> PipelineFailure? {
    let producer: KafkaProducer
    do throws(KafkaError) {
      producer = try KafkaProducer(properties: ClientProperties.sink(config), topic: config.outputTopic)
    } catch {
      return PipelineFailure(
        code: "kafka.client_refused", fault: .user, retryable: false, message: "the Kafka client refused its settings: \(error.message)",
        advice: "Correct producerProperties.")
    }
    defer { producer.close() }
    do throws(PipelineFailure) {
      while try turn(producer) {}
      return nil
    } catch { return error }
  }

  /// False: the end by wish.
  private func turn(_ producer: KafkaProducer) throws(PipelineFailure) -> Bool {
    let work = state.wait(timeoutMs: producer.outstanding > 0 ? Self.reportMs : Self.idleMs) { state -> (records: [Record], stopBy: Int64?)? in
      guard !state.queue.isEmpty || state.stopBy != nil else { return nil }
      defer {
        state.underway = state.underway || !state.queue.isEmpty
        state.queue = []
      }
      return (state.queue, state.stopBy)
    }
    if let work {
      for record in work.records { try hand(record, to: producer) }
      if work.records.isEmpty, let stopBy = work.stopBy { return try drain(producer, stopBy) }
    }
    producer.poll(timeoutMs: 0)
    note(producer)
    try checkDeliveries(producer)
    return true
  }

  private func hand(_ record: Record, to producer: KafkaProducer) throws(PipelineFailure) {
    let headers = RecordHeaders([])
    while true {
      let outcome = withBytes(record.key) { key in
        withBytes(record.value) { value in
          producer.produce(key: key, value: value ?? UnsafeRawBufferPointer(start: nil, count: 0), timestamp: record.timestamp, headers: headers, parity: 0)
        }
      }
      switch outcome {
      case .queued: return
      case .refused(let error): throw PipelineFailure(error, doing: "producing to \(config.outputTopic)")
      case .full:
        producer.poll(timeoutMs: 50)
        try checkDeliveries(producer)
      }
    }
  }

  /// What is with the client goes out, until the deadline.
  private func drain(_ producer: KafkaProducer, _ stopBy: Int64) throws(PipelineFailure) -> Bool {
    while producer.outstanding > 0 && Clock.monotonicMs() < stopBy { producer.flush(timeoutMs: 100) }
    note(producer)
    try checkDeliveries(producer)
    guard producer.outstanding == 0 else {
      throw PipelineFailure(
        code: "kafka.timeout", fault: .external, retryable: true,
        message: "\(producer.outstanding) records were not confirmed by the deadline of the stop", advice: "Check that the brokers answer.")
    }
    return false
  }

  private func note(_ producer: KafkaProducer) {
    let waiters = state.update { state -> [CheckedContinuation<Void, Never>] in
      state.stats.messagesProduced = producer.delivered
      state.stats.produceErrors = producer.failed
      // After one that failed the run ends with the reason: until then nobody is told that all is delivered.
      state.underway = producer.outstanding > 0 || producer.failed > 0
      var waiters: [CheckedContinuation<Void, Never>] = []
      if state.queue.count < queueLimit { swap(&waiters, &state.senders) }
      if state.isQuiet {
        waiters += state.flushers
        state.flushers = []
      }
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func checkDeliveries(_ producer: KafkaProducer) throws(PipelineFailure) {
    if producer.failed > 0, let error = producer.latestFailure { throw PipelineFailure(error, doing: "delivering to \(config.outputTopic)") }
    if let fatal = producer.errors.fatal { throw PipelineFailure(fatal, doing: "producing") }
  }
}

/// The bytes as a pointer that is nil only for nil: no bytes are not none.
private func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
  guard let bytes else { return body(nil) }
  return bytes.withUnsafeBytes { bytes in
    body(bytes.baseAddress == nil ? UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: 1), count: 0) : bytes)
  }
}
