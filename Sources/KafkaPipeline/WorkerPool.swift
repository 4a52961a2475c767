/// The daemon's slots for lanes: one slot, one lane (a loop thread and a commit thread). A lane that finds none waits in turn.
package final class WorkerPool: Sendable {
  package let slots: Int

  package init(slots: Int) {
    self.slots = slots
  }

  /// Slots in use now.
  package var busy: Int { 0 }
}
