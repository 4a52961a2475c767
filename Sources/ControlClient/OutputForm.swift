/// For whom a verb prints.
package enum OutputForm: String, Sendable, CaseIterable {
  /// For people.
  case table
  /// The server's document.
  case json
}
