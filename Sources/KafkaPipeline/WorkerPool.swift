import Synchronization

/// The daemon's slots for lanes: one slot, one lane (a loop thread and a commit thread). A lane that finds none waits in turn.
package final class WorkerPool: Sendable {
  private struct State {
    var busy = 0
    var nextTicket = 0
    var waiting: [(ticket: Int, grant: @Sendable () -> Void)] = []
  }

  package let slots: Int
  private let state = Mutex(State())

  package init(slots: Int) {
    self.slots = slots
  }

  /// Slots in use now.
  package var busy: Int { state.withLock { $0.busy } }

  /// Calls `grant` at once if a slot is free, otherwise when its turn comes. The ticket cancels a wait.
  func request(_ grant: @escaping @Sendable () -> Void) -> Int {
    let (ticket, free) = state.withLock { state in
      state.nextTicket += 1
      let free = state.busy < slots
      if free { state.busy += 1 } else { state.waiting.append((state.nextTicket, grant)) }
      return (state.nextTicket, free)
    }
    if free { grant() }
    return ticket
  }

  /// True if the lane was still waiting; its grant is never called then.
  func cancel(_ ticket: Int) -> Bool {
    state.withLock { state in
      guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
      state.waiting.remove(at: index)
      return true
    }
  }

  /// Gives a granted slot back, or on to the lane that waits longest.
  func release() {
    let next = state.withLock { state -> (@Sendable () -> Void)? in
      if state.waiting.isEmpty {
        state.busy -= 1
        return nil
      }
      return state.waiting.removeFirst().grant
    }
    next?()
  }
}
