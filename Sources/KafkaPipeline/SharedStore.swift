import StateStore
import Synchronization

/// The pipeline's checkpoint store, opened by the first lane that needs it and shared by all.
///
/// Files that cannot be read are never deleted: they are moved aside, and the windows are read again from the log.
final class SharedStore: Sendable {
  private enum State {
    case unopened
    case open(CheckpointStore)
    case closed
  }

  private struct Guarded {
    var state = State.unopened
    /// Why the files are moved aside once all lanes have ended.
    var damage: String?
    /// What was moved aside, for people.
    var note: String?
    var owners: Int64 = 0
  }

  private let directory: String
  private let dropsOldState: Bool
  private let log: @Sendable (String, String) -> Void
  private let guarded = Mutex(Guarded())
  let discardMark: DiscardMark
  let runEnds: RunEnds

  /// `dropsOldState`: the topics that stored state belongs to are gone with the embedded broker of an earlier run.
  init(directory: String, dropsOldState: Bool, log: @escaping @Sendable (_ level: String, _ message: String) -> Void) {
    self.directory = directory
    discardMark = DiscardMark(stateDirectory: directory)
    runEnds = RunEnds(stateDirectory: directory)
    self.dropsOldState = dropsOldState
    self.log = log
  }

  /// Blocks on the disk.
  func open() throws(PipelineFailure) -> CheckpointStore {
    let result: Result<CheckpointStore, StateStoreError> = guarded.withLock { guarded in
      switch guarded.state {
      case .open(let store): return .success(store)
      case .closed:
        return .failure(StateStoreError(code: .closed, message: "the pipeline is ending", sqliteCode: 0))
      case .unopened: break
      }
      do throws(StateStoreError) {
        let store = try openFiles(&guarded)
        if dropsOldState, try !store.heads().isEmpty {
          try store.erase()
          log("info", "windows of an earlier run dropped: its embedded broker is gone, and its topics with it")
        }
        guarded.state = .open(store)
        return .success(store)
      } catch {
        return .failure(error)
      }
    }
    do throws(StateStoreError) { return try result.get() } catch { throw PipelineFailure(error) }
  }

  private func openFiles(_ guarded: inout Guarded) throws(StateStoreError) -> CheckpointStore {
    let kept = CheckpointStore.setAsideFolders(directory: directory)
    if let last = kept.last { guarded.note = "state that could not be read is kept in state/\(last)" }
    do throws(StateStoreError) { return try CheckpointStore(directory: directory) } catch {
      guard error.code == .damaged else { throw error }
      try setAside(&guarded, error.message)
      return try CheckpointStore(directory: directory)
    }
  }

  private func setAside(_ guarded: inout Guarded, _ why: String) throws(StateStoreError) {
    let folder = try CheckpointStore.setAside(directory: directory)
    guarded.note = "\(why) It is kept in state/\(folder)."
    log("error", "the stored windows cannot be used: \(why) The files are kept in state/\(folder); the windows are read again from the log")
  }

  /// What is stored cannot be used. The attempt must end: its files are moved aside then, and the next one reads the log.
  func condemn(_ why: String) -> PipelineFailure {
    guarded.withLock { $0.damage = $0.damage ?? why }
    return PipelineFailure(
      code: "state.damaged", fault: .external, retryable: true, message: "the stored windows cannot be used: \(why)",
      advice: "The files are kept aside in the state folder; the pipeline starts again by itself and reads its windows from the log.")
  }

  /// What was moved aside, now or earlier; nil if nothing.
  var note: String? { guarded.withLock(\.note) }

  /// A number for who owns shards: each connection of a lane takes a new one.
  func makeOwner() -> Int64 {
    guarded.withLock {
      $0.owners += 1
      return $0.owners
    }
  }

  /// Blocks while a commit is under way.
  func close() {
    guarded.withLock { guarded in
      if case .open(let store) = guarded.state { store.close() }
      guarded.state = .closed
      guard let damage = guarded.damage else { return }
      guarded.damage = nil
      do throws(StateStoreError) { try setAside(&guarded, damage) } catch {
        log("error", "the damaged state cannot be moved aside: \(error.message)")
      }
    }
  }
}

extension PipelineFailure {
  init(_ error: StateStoreError) {
    switch error.code {
    case .damaged:
      self.init(
        code: "state.damaged", fault: .external, retryable: false, message: error.message,
        advice: "Restore the file from a copy, or move the state folder away to have its windows read again from the log.")
    case .newerFormat:
      self.init(
        code: "state.newer_format", fault: .user, retryable: false, message: error.message,
        advice: "Run the version of penstock that wrote it.")
    case .outOfOrder, .notOwner:
      self.init(
        code: "state.out_of_order", fault: .internal, retryable: true, message: error.message,
        advice: "The pipeline starts again from its last checkpoint. If it comes again and again, please report it.")
    default:
      self.init(
        code: "state.store_unavailable", fault: .external, retryable: true, message: error.message,
        advice: "Check space and permissions of the data folder; the pipeline tries again by itself.")
    }
  }
}
