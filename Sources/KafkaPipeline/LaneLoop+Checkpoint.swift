import KafkaClient
import StateStore
import StreamEngine

/// Commits: when they are due, and their actions.
extension LaneLoop {
  private static let commitTimeoutMs: Int32 = 10_000
  /// In exactly_once results wait for the commit, so a firing makes one due, but no more often than this.
  private static let hastyCommitMs: Int64 = 100
  /// Between hasty commits is at least so many times what the last one took: they get a twentieth of the time.
  private static let hastyCommitRest: Int64 = 19
  /// Beside the transaction's own timeout: a call that takes longer hangs.
  private static let transactionSlackMs: Int64 = 20_000

  /// Takes the commit one step on, if there is one under way or due.
  func stepCheckpoint(_ monotonic: Int64) throws(PipelineFailure) {
    try advanceCommit()
    guard commitProtocol.phase == .idle, monotonic >= nextCheckpointAt, shards.contains(where: { !$0.isReplaying }) else { return }
    nextCheckpointAt = monotonic + plan.kafka.autoCommitIntervalMs
    try beginCheckpoint(monotonic)
  }

  /// Takes the commit under way one step on.
  func advanceCommit() throws(PipelineFailure) {
    guard let commits, let sink else { return }
    for outcome in commits.takeOutcomes() { try note(outcome) }
    // A report of a failure is a report too: no checkpoint may hold a window as fired whose result did not arrive. And what goes out in
    // place of a refused record has to arrive as well.
    if commitProtocol.phase == .delivering { try checkDeliveries(sink) }
    let isDelivered = sink.outstandingBeforeEpoch == 0 || PlantedFault.isOn(.checkpointBeforeReports)
    if commitProtocol.phase == .delivering && isDelivered {
      CrashPoint.reach(.delivered)
      try perform(commitProtocol.handle(.delivered))
    }
    if commitProtocol.isEndingTransaction, Clock.monotonicMs() - actionBegunAt > Int64(plan.transactionTimeoutMs) + Self.transactionSlackMs {
      throw PipelineFailure(
        code: "kafka.call_hangs", fault: .external, retryable: true,
        message: "a call of the transaction has not returned for \((Clock.monotonicMs() - actionBegunAt) / 1000) s: its coordinator does not answer",
        advice: "Check the brokers; the pipeline starts anew by itself with new clients.")
    }
  }

  /// A whole commit now, waited for: before partitions are given away, at stop.
  func checkpointNow(deadline: Int64) throws(PipelineFailure) {
    try finishCommit(deadline)
    guard shards.contains(where: { !$0.isReplaying }) else { return }
    try beginCheckpoint(Clock.monotonicMs())
    try finishCommit(deadline)
  }

  /// No checkpoint is taken between the first and the last result of one window end: what is pending, such as by a partition that
  /// was just found idle, goes out first.
  private func beginCheckpoint(_ monotonic: Int64) throws(PipelineFailure) {
    for shard in shards where shard.executor.hasPendingResults { try emit(shard, Clock.wallMs()) }
    commitBegunAt = monotonic
    try perform(commitProtocol.handle(.due(changed: changed)))
  }

  /// Results came out. In exactly_once readers wait for the commit.
  func hastenCommit() {
    guard plan.guarantee == .exactlyOnce else { return }
    let pause = max(Self.hastyCommitMs, Self.hastyCommitRest * lastCommitTookMs)
    nextCheckpointAt = min(nextCheckpointAt, commitBegunAt + pause)
  }

  /// Waits until no commit is under way.
  func finishCommit(_ deadline: Int64) throws(PipelineFailure) {
    while commitProtocol.phase != .idle {
      guard Clock.monotonicMs() < deadline, !lane.isAbandoned else {
        throw PipelineFailure(
          code: "state.checkpoint_timeout", fault: .external, retryable: true,
          message: "a checkpoint was not confirmed in time (\(commitProtocol.phase))",
          advice: "Check that brokers and disk answer; the next start goes on from the last checkpoint.")
      }
      try waitForCommit()
    }
  }

  /// A moment in which only the commit under way goes on.
  func waitForCommit() throws(PipelineFailure) {
    guard let sink else { return }
    if commitProtocol.isEndingTransaction { commits?.waitForOutcome(timeoutMs: 2) } else { sink.producer.poll(timeoutMs: 2) }
    try advanceCommit()
    if !commitProtocol.isEndingTransaction { try checkDeliveries(sink) }
    try proveMembership()
    lane.beat()
  }

  func perform(_ actions: [CommitProtocol.Action]) throws(PipelineFailure) {
    for action in actions { try perform(action) }
  }

  private func perform(_ action: CommitProtocol.Action) throws(PipelineFailure) {
    guard let sink, let commits else { return }
    actionBegunAt = Clock.monotonicMs()
    switch action {
    case .begin: try beginTransaction()
    case .snapshot(let full): takeCopies(full: full)
    case .store: commits.submit(.store(copies.checkpoints, owner: owner))
    case .commitOffsets: commits.submit(.commitOffsets(copies.offsets, timeoutMs: Self.commitTimeoutMs))
    case .sendOffsets:
      guard let group = copies.group else { return try perform(commitProtocol.handle(.refused(.abortable))) }
      let isOutside = PlantedFault.isOn(.offsetsOutsideTransaction)
      commits.submit(isOutside ? .commitOffsets(copies.offsets, timeoutMs: Self.commitTimeoutMs) : .sendOffsets(copies.offsets, group))
    case .commitTransaction: commits.submit(.commitTransaction)
    case .promote: commits.submit(.promote(copies.numbers, owner: owner))
    case .abort:
      sink.held.removeAll()
      commits.submit(.abortTransaction)
    case .reload: throw Self.reloadWanted
    case .restart:
      throw commitFailure ?? Self.unclearEnd
    }
  }

  /// In the lane's thread: it asks no broker.
  func beginTransaction() throws(PipelineFailure) {
    do throws(TransactionError) { try sink?.producer.beginTransaction() } catch {
      commitFailure = PipelineFailure(error.error, doing: "beginning a transaction")
      return try perform(commitProtocol.handle(.refused(.fatal)))
    }
    try perform(commitProtocol.handle(.begun))
    CrashPoint.reach(.begun)
  }

  private func takeCopies(full: Bool) {
    guard let source, let sink else { return }
    let begun = Clock.monotonicMs()
    changed = false
    copies = LaneCopies()
    for shard in shards where !shard.isReplaying {
      let copy = shard.snapshot(full: full, &spare, source.consumer.assignment, storeID: environment.storeID, signature: signature)
      copies.numbers[shard.number] = copy.checkpoint.n
      copies.checkpoints.append(copy.checkpoint)
      copies.offsets += copy.offsets
    }
    if plan.guarantee == .exactlyOnce { copies.group = source.consumer.groupMetadata() }
    sink.beginEpoch()
    counts.lastPauseMs = Clock.monotonicMs() - begun
    counts.longestPauseMs = max(counts.longestPauseMs, counts.lastPauseMs)
    CrashPoint.reach(.snapshot)
  }

  private func note(_ outcome: CommitThread.Outcome) throws(PipelineFailure) {
    switch outcome {
    case .stored(let bytes, let ms):
      counts.lastCheckpointBytes = bytes
      counts.lastCheckpointMs = ms
      takeBackPages()
      CrashPoint.reach(.stored)
      try perform(commitProtocol.handle(.stored))
    case .storeFailed(let error):
      counts.checkpointErrors += 1
      if counts.checkpointError != error.message { environment.log("error", "checkpoint not stored: \(error.message)") }
      counts.checkpointError = error.message
      changed = true
      if error.code == .damaged { throw sharedStore.condemn(error.message) }
      if plan.guarantee == .exactlyOnce { commitFailure = PipelineFailure(error) }
      if error.code == .newerFormat { throw PipelineFailure(error) }
      try perform(commitProtocol.handle(.storeFailed))
    case .committed(let offsets):
      noteCommitted(offsets)
      CrashPoint.reach(.groupCommitted)
      if PlantedFault.isOn(.offsetsOutsideTransaction) { return try note(.offsetsSent) }
      try perform(commitProtocol.handle(.offsetsCommitted))
    case .commitFailed(let error):
      counts.commitErrors += 1
      counts.commitError = error.message
      try perform(commitProtocol.handle(.offsetsRefused))
    case .offsetsSent:
      CrashPoint.reach(.offsetsSent)
      try perform(commitProtocol.handle(.offsetsSent))
    case .transactionCommitted:
      CrashPoint.reach(.committed)
      try perform(commitProtocol.handle(.transactionCommitted))
    case .promoted:
      noteCheckpoint()
      if plan.guarantee == .exactlyOnce { noteCommitted(copies.offsets) }
      lastCommitTookMs = Clock.monotonicMs() - commitBegunAt
      commitFailure = nil
      CrashPoint.reach(.promoted)
      try perform(commitProtocol.handle(.promoted))
      try releaseHeld()
    case .aborted:
      CrashPoint.reach(.aborted)
      try perform(commitProtocol.handle(.aborted))
    case .refused(let error): try noteRefusal(error)
    // A commit may be waited for in the middle of a batch, or of its results: event time must not go on there.
    case .ends(let ends, let ticket): endsAnswer = (ends, ticket)
    }
  }

  private func noteRefusal(_ error: TransactionError) throws(PipelineFailure) {
    if error.kind != .retriable {
      counts.commitErrors += 1
      counts.commitError = error.error.message
      environment.log(
        "warning", "lane \(lane.index): \(commitProtocol.phase): \(error.error.message) (\(error.error.name)); \(error.kind == .abortable ? "the transaction is aborted" : "new clients")")
      commitFailure = PipelineFailure(error.error, doing: "ending a transaction")
    }
    let refusal: CommitProtocol.Refusal =
      switch error.kind {
      case .retriable: .retriable
      case .abortable: .abortable
      case .fatal: .fatal
      }
    try perform(commitProtocol.handle(.refused(refusal)))
  }

  // MARK: Memory of copies

  /// Less state than this is copied at once anyway.
  private static let smallState = 16 << 20
  private static let preparedAtOnce = 4 << 20

  private func takeBackPages() {
    let checkpoints = copies.checkpoints
    copies.checkpoints = []
    for checkpoint in checkpoints { for page in checkpoint.pages { spare.give(page.bytes) } }
  }

  /// Memory for the next copy is made bit by bit, so that the copy itself is short, and given back when the state has shrunk.
  func prepareCopies() {
    guard let first = shards.first else { return spare = SparePages(size: 0) }
    if spare.size == 0 { spare = first.executor.sparePages() }
    let state = shards.reduce(0) { $0 + $1.executor.stateBytes }
    guard spare.size > 0, state > Self.smallState else { return spare.trim(to: 0) }
    let wanted = state / spare.size
    spare.prepare(wanted, atMost: commitProtocol.phase == .idle ? Self.preparedAtOnce / spare.size : 0)
    spare.trim(to: wanted * 3 / 2)
  }

  private func noteCheckpoint() {
    counts.checkpoints += 1
    counts.lastCheckpointAt = Clock.wallMs()
    counts.checkpointError = nil
  }

  private func noteCommitted(_ offsets: [PartitionOffset]) {
    counts.offsetsCommitted += Int64(offsets.count)
    counts.commitError = nil
    // Shards that are still read again are not in it.
    lastCommitted = lastCommitted.filter { known in !offsets.contains { $0.partition == known.partition } } + offsets
    for entry in offsets {
      if let index = partitions.firstIndex(where: { $0.partition == entry.partition }) { partitions[index].committed = entry.offset }
    }
  }
}
