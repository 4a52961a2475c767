import KafkaPipeline
import Synchronization

/// Collects what the lanes of a pipeline answer, until all have or their time is up. Completes once.
final class WindowGathering: Sendable {
  typealias Completion = @Sendable (WindowList?) -> Void

  private struct State {
    var windows: [ListedWindow] = []
    var answers = 0
    /// nil until it is known how many were asked.
    var lanes: Int?
    var completion: Completion?
  }

  private let limit: Int
  private let state: Mutex<State>

  /// `completion` gets nil if some lane did not answer in time.
  init(limit: Int, completion: @escaping Completion) {
    self.limit = limit
    state = Mutex(State(completion: completion))
  }

  func take(_ windows: [ListedWindow]) {
    completeIf { state in
      state.windows += windows
      state.answers += 1
    }
  }

  func expect(_ lanes: Int) { completeIf { $0.lanes = lanes } }

  func giveUp() { state.withLock { $0.completion.take() }?(nil) }

  private func completeIf(_ change: (inout State) -> Void) {
    let done = state.withLock { state -> (completion: Completion, windows: [ListedWindow])? in
      change(&state)
      guard state.answers == state.lanes, let completion = state.completion.take() else { return nil }
      // Nothing is kept until the time is up.
      defer { state.windows = [] }
      return (completion, state.windows)
    }
    guard let done else { return }
    let sorted = done.windows.sorted { $0.end < $1.end }
    done.completion(WindowList(windows: Array(sorted.prefix(limit)), isWhole: sorted.count <= limit))
  }
}
