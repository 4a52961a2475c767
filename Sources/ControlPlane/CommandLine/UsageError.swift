/// A command line that cannot be read: exit code 2.
package struct UsageError: Error, Sendable, Equatable {
  package var message: String
  package init(_ message: String) { self.message = message }
}
