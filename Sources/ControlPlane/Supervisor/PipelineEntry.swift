import KafkaPipeline
import PipelineSpec
import Synchronization

/// One pipeline of the supervisor: its state behind a lock that is held for moments only.
final class PipelineEntry: Sendable {
  let name: String
  private let state: Mutex<EntryState>

  init(_ state: EntryState) {
    self.name = state.name
    self.state = Mutex(state)
  }

  func with<T: Sendable>(_ body: (inout EntryState) -> T) -> T { state.withLock { body(&$0) } }

  var attempt: (any PipelineRunning)? { state.withLock { $0.attempt } }
  var spec: PipelineSpec? { state.withLock { $0.spec } }
  var phase: LifecyclePhase { state.withLock { $0.lifecycle.phase } }

  /// As it is now; the lanes are asked, but never waited for.
  func snapshot(_ environment: SupervisorEnvironment) -> PipelineSnapshot {
    let asked = attempt
    let fresh = asked?.status
    return state.withLock { state in
      if let fresh, state.attempt === asked { state.status = fresh }
      return state.snapshot(environment)
    }
  }
}
