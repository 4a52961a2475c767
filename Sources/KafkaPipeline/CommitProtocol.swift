/// The order of one checkpoint under at_least_once: snapshot, every delivery report up to it, store (synced), group offsets.
///
/// A pure value: it is told facts and answers with what to do next. One checkpoint is under way at a time.
struct CommitProtocol: Equatable {
  enum Phase: Equatable {
    case idle
    /// Copied; waiting for the delivery reports of what was produced before.
    case delivering
    case storing
    case committing
  }

  enum Event: Equatable {
    /// A checkpoint is due. `changed`: an offset, a window or an output changed since the last snapshot.
    case due(changed: Bool)
    case delivered
    case stored
    case storeFailed
    case committed
    case commitFailed
  }

  enum Action: Equatable {
    /// Copy the state at this batch boundary; `full` copies all pages.
    case snapshot(full: Bool)
    case store
    case commitOffsets
  }

  private(set) var phase = Phase.idle
  /// The first snapshot of a lane's shards, and one after a failed store, must be full: the store lacks what was copied before.
  private var needsFull = true
  /// The group does not know the latest stored checkpoint yet.
  private var groupBehind = false

  mutating func handle(_ event: Event) -> Action? {
    switch (phase, event) {
    case (.idle, .due(let changed)):
      guard changed || groupBehind || needsFull else { return nil }
      phase = .delivering
      return .snapshot(full: needsFull)
    case (.delivering, .delivered):
      phase = .storing
      return .store
    case (.storing, .stored):
      phase = .committing
      needsFull = false
      groupBehind = true
      return .commitOffsets
    case (.storing, .storeFailed):
      phase = .idle
      needsFull = true
      return nil
    case (.committing, .committed):
      phase = .idle
      groupBehind = false
      return nil
    case (.committing, .commitFailed):
      phase = .idle
      return nil
    default:
      return nil
    }
  }
}
