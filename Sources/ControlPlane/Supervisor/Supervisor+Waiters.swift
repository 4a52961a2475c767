import KafkaPipeline
import Synchronization

/// Answers that are held until something is done.
extension Supervisor {
  /// The result if it is there already or cannot be waited for; nil once the waiter is in the list.
  func wait(for entry: PipelineEntry, _ goal: Waiter.Goal, _ ms: Int64, _ completion: @escaping Completion) -> CommandResult? {
    if let result = Waiter.verdict(goal, current(entry), timeIsUp: ms <= 0) { return result }
    let waiter = Waiter(entry: entry, goal: goal, deadline: environment.steadyNow() + ms, completion: completion)
    let kept = waiters.withLock { waiters in
      guard waiters.count < configuration.maxWaiters else { return false }
      waiters.append(waiter)
      return true
    }
    if kept { return nil }
    return Waiter.verdict(goal, current(entry), timeIsUp: true)
  }

  func checkWaiters() {
    let waiting = waiters.withLock { waiters in
      defer { waiters = [] }
      return waiters
    }
    guard !waiting.isEmpty else { return }
    let now = environment.steadyNow()
    let ending = daemon.withLock { $0.stage } >= .draining
    var rest: [Waiter] = []
    for waiter in waiting {
      if let result = Waiter.verdict(waiter.goal, current(waiter.entry), timeIsUp: ending || now >= waiter.deadline) {
        waiter.completion(result)
      } else {
        rest.append(waiter)
      }
    }
    waiters.withLock { $0 += rest }
  }

  func answerAllWaiters() {
    let waiting = waiters.withLock { waiters in
      defer { waiters = [] }
      return waiters
    }
    for waiter in waiting {
      if let result = Waiter.verdict(waiter.goal, current(waiter.entry), timeIsUp: true) { waiter.completion(result) }
    }
  }

  /// nil once the pipeline is gone, or another has its name.
  private func current(_ entry: PipelineEntry) -> PipelineSnapshot? {
    table[entry.name] === entry ? entry.snapshot(environment) : nil
  }
}
