/// A stored state that no executor of this configuration can have written.
package struct StateDamaged: Error, Sendable, Equatable {
  package var message: String

  package init(message: String) {
    self.message = message
  }
}
