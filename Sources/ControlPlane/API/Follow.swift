import Synchronization

/// What to do when a stream ends, which may be before it is known.
final class Follow: Sendable {
  private struct State {
    var action: (@Sendable () -> Void)?
    var hasEnded = false
  }

  private let state = Mutex(State())

  func set(_ action: @escaping @Sendable () -> Void) {
    let ended = state.withLock { state in
      if !state.hasEnded { state.action = action }
      return state.hasEnded
    }
    if ended { action() }
  }

  func end() {
    let action = state.withLock { state in
      defer { state = State(action: nil, hasEnded: true) }
      return state.action
    }
    action?()
  }
}
