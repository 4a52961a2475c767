/// Why the server could not start.
package struct HTTPServerError: Error, Sendable, CustomStringConvertible {
  /// For a person: what was tried, what the system said, what to do.
  package var message: String
  package init(message: String) { self.message = message }
  package var description: String { message }
}
