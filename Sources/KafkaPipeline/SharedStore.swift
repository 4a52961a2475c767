import StateStore
import Synchronization

/// The pipeline's checkpoint store, opened by the first lane that needs it and shared by all.
final class SharedStore: Sendable {
  private enum State {
    case unopened
    case open(CheckpointStore, hadCheckpoints: Bool)
    case closed
  }

  private let directory: String
  private let dropsOldState: Bool
  private let log: @Sendable (String, String) -> Void
  private let state = Mutex(State.unopened)

  /// `dropsOldState`: the topics that stored state belongs to are gone with the embedded broker of an earlier run.
  init(directory: String, dropsOldState: Bool, log: @escaping @Sendable (_ level: String, _ message: String) -> Void) {
    self.directory = directory
    self.dropsOldState = dropsOldState
    self.log = log
  }

  /// Blocks on the disk.
  func open() throws(PipelineFailure) -> CheckpointStore {
    let result: Result<CheckpointStore, StateStoreError> = state.withLock { state in
      switch state {
      case .open(let store, _): return .success(store)
      case .closed:
        return .failure(StateStoreError(code: .closed, message: "the pipeline is ending", sqliteCode: 0))
      case .unopened: break
      }
      do throws(StateStoreError) {
        let store = try CheckpointStore(directory: directory)
        var hadCheckpoints = try !store.heads().isEmpty
        if dropsOldState && hadCheckpoints {
          hadCheckpoints = false
          try store.erase()
          log("info", "windows of an earlier run dropped: its embedded broker is gone, and its topics with it")
        }
        state = .open(store, hadCheckpoints: hadCheckpoints)
        return .success(store)
      } catch {
        return .failure(error)
      }
    }
    do throws(StateStoreError) { return try result.get() } catch { throw PipelineFailure(error) }
  }

  /// The store held checkpoints when it was opened.
  var hadCheckpoints: Bool {
    state.withLock { if case .open(_, let had) = $0 { had } else { false } }
  }

  /// Blocks while a commit is under way.
  func close() {
    state.withLock { state in
      if case .open(let store, _) = state { store.close() }
      state = .closed
    }
  }
}

extension PipelineFailure {
  init(_ error: StateStoreError) {
    switch error.code {
    case .damaged:
      self.init(
        code: "state.damaged", fault: .external, retryable: false, message: error.message,
        advice: "The files are left as they are. Restore them from a copy, or replace the pipeline with ?state=discard.")
    case .newerFormat:
      self.init(
        code: "state.newer_format", fault: .user, retryable: false, message: error.message,
        advice: "Run the version of penstock that wrote it.")
    case .outOfOrder:
      self.init(
        code: "state.out_of_order", fault: .internal, retryable: true, message: error.message,
        advice: "This is a fault of penstock: please report it; the pipeline starts again from its last checkpoint.")
    default:
      self.init(
        code: "state.store_unavailable", fault: .external, retryable: true, message: error.message,
        advice: "Check space and permissions of the data folder; the pipeline tries again by itself.")
    }
  }
}
