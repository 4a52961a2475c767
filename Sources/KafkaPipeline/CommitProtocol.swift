/// The order of one commit of a lane, for both guarantees; every shard of the lane is in it.
///
/// - `at_least_once`: copy the state, wait for the delivery reports of all that was produced before, store the copy as PENDING, commit
///   the group's offsets, make PENDING the HEAD.
/// - `exactly_once`: begin a transaction with the first output, copy the state, wait for the reports, store the copy as PENDING, send
///   the offsets into the transaction, commit it, make PENDING the HEAD.
///
/// So the group alone decides which copy is valid. A HEAD that went ahead of it would skip results whose older copies another member
/// may have sent since (decision 0015).
///
/// A pure value: it is told facts and answers with what to do next. One commit is under way at a time, and one action of it. It knows
/// no deadline: its owner gives up on an action that takes too long by starting the lane anew.
struct CommitProtocol: Equatable {
  enum Phase: Equatable {
    case idle
    /// Copied; waiting for the delivery reports of what was produced before.
    case delivering
    case storing
    /// at_least_once: the group's offsets are on their way.
    case committingOffsets
    case sendingOffsets
    case committing
    case promoting
    case aborting
    /// Nothing more can be done with these clients.
    case broken
  }

  /// What to do with an output that is ready now.
  enum Outputs: Equatable {
    case produce
    /// Begin a transaction (and say so), then produce.
    case begin
    /// A transaction is being ended: keep it for the next one.
    case hold
  }

  enum Event: Equatable {
    /// `Action.begin`, or the begin that `outputs` asked for, was done.
    case begun
    /// A commit is due. `changed`: an offset, a window or an output changed since the last copy.
    case due(changed: Bool)
    /// Every output up to the copy has been delivered.
    case delivered
    case stored
    case storeFailed
    case offsetsCommitted
    /// at_least_once: the group did not take the offsets.
    case offsetsRefused
    case offsetsSent
    case transactionCommitted
    case promoted
    /// A call for the transaction in hand did not succeed.
    case refused(Refusal)
    case aborted
    /// The shards are given up without a commit: their partitions were lost.
    case abandoned
  }

  /// How the client judges a failed call of a transaction.
  enum Refusal: Equatable {
    /// The same call again goes on where it was.
    case retriable
    /// The transaction must be aborted.
    case abortable
    /// Fenced, or the client is in a state that only a new one leaves.
    case fatal
  }

  enum Action: Equatable {
    case begin
    /// Copy the state at this batch boundary; `full` copies all pages.
    case snapshot(full: Bool)
    /// Store the copy as PENDING and sync it.
    case store
    case commitOffsets
    case sendOffsets
    case commitTransaction
    /// HEAD = the PENDING that was stored.
    case promote
    case abort
    /// Drop the shards in memory, load them again and read on from there.
    case reload
    /// Start the lane anew, with new clients.
    case restart
  }

  let guarantee: DeliveryGuarantee
  private(set) var phase = Phase.idle
  /// A transaction has begun and has not ended.
  private(set) var isOpen = false
  /// The last copy did not become HEAD: the next one must be full, since HEAD lacks what it held.
  private var needsFull = false
  /// An answer about the transaction got lost on the way, so that a late request of it, with its offsets or its end, may still be under
  /// way: it must not meet another transaction of this producer (https://jepsen.io/analyses/bufstream-0.1.0, section 3.6).
  private var isIndefinite = false
  /// No shard is left to load after an abort.
  private var isAbandoned = false

  init(_ guarantee: DeliveryGuarantee) { self.guarantee = guarantee }

  var outputs: Outputs {
    guard guarantee == .exactlyOnce else { return .produce }
    guard phase == .idle else { return .hold }
    return isOpen ? .produce : .begin
  }

  /// The commit thread works with the producer: the loop must leave it alone.
  var isEndingTransaction: Bool {
    switch phase {
    case .sendingOffsets, .committing, .aborting: true
    case .idle, .delivering, .storing, .committingOffsets, .promoting, .broken: false
    }
  }

  mutating func handle(_ event: Event) -> [Action] {
    switch (phase, event) {
    case (.idle, .begun):
      isOpen = true
      return []
    case (.delivering, .begun):
      isOpen = true
      return []
    case (.idle, .due(let changed)):
      guard changed || isOpen || needsFull else { return [] }
      phase = .delivering
      let begin: [Action] = guarantee == .exactlyOnce && !isOpen ? [.begin] : []
      return begin + [.snapshot(full: needsFull)]
    case (.delivering, .delivered):
      phase = .storing
      return [.store]
    case (.storing, .stored):
      if guarantee == .exactlyOnce {
        phase = .sendingOffsets
        return [.sendOffsets]
      }
      phase = .committingOffsets
      return [.commitOffsets]
    case (.storing, .storeFailed):
      // With transactions the outputs in this one could not be told from those of the next checkpoint.
      if guarantee == .exactlyOnce { return fail() }
      phase = .idle
      needsFull = true
      return []
    case (.committingOffsets, .offsetsCommitted):
      phase = .promoting
      return [.promote]
    case (.committingOffsets, .offsetsRefused):
      phase = .idle
      needsFull = true
      return []
    case (.sendingOffsets, .offsetsSent):
      phase = .committing
      return [.commitTransaction]
    case (.committing, .transactionCommitted):
      isOpen = false
      phase = .promoting
      return [.promote]
    case (.promoting, .promoted):
      if isIndefinite { return fail() }
      needsFull = false
      phase = .idle
      return []
    case (.promoting, .storeFailed): return fail()
    case (.sendingOffsets, .refused(let refusal)):
      if refusal == .retriable { isIndefinite = true }
      return answer(refusal, again: .sendOffsets)
    case (.committing, .refused(let refusal)):
      isIndefinite = true
      return answer(refusal, again: .commitTransaction)
    case (.aborting, .refused(let refusal)):
      isIndefinite = true
      return refusal == .retriable ? [.abort] : fail()
    case (.aborting, .aborted):
      isOpen = false
      if isIndefinite { return fail() }
      phase = .idle
      return isAbandoned ? [] : [.reload]
    case (_, .refused(.fatal)) where phase != .broken: return fail()
    case (.idle, .abandoned):
      isAbandoned = true
      return isOpen ? abort() : []
    // The commit under way decides about itself: the group takes no offsets of a member that lost its partitions.
    case (_, .abandoned):
      isAbandoned = true
      return []
    default: return []
    }
  }

  private mutating func answer(_ refusal: Refusal, again: Action) -> [Action] {
    switch refusal {
    case .retriable: [again]
    case .abortable: abort()
    case .fatal: fail()
    }
  }

  private mutating func abort() -> [Action] {
    phase = .aborting
    return [.abort]
  }

  private mutating func fail() -> [Action] {
    phase = .broken
    return [.restart]
  }
}
