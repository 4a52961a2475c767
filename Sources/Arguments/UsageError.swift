/// A command line that cannot be read: exit code 2.
package struct UsageError: Error, Sendable, Equatable {
  package var message: String
  /// Whose help would help.
  package var command: String?

  package init(_ message: String, command: String? = nil) {
    self.message = message
    self.command = command
  }
}
