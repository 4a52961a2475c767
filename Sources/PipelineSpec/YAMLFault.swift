/// Why a text is not a document that a spec can be read from.
package struct YAMLFault: Error, Sendable, Equatable {
  /// From 1; 0 if the fault is about the whole text.
  package var line: Int
  /// Counts characters, from 1.
  package var column: Int
  /// For people.
  package var message: String

  package init(line: Int, column: Int, _ message: String) {
    self.line = line
    self.column = column
    self.message = message
  }

  /// `line 3, column 7: ...`
  package var text: String { line > 0 ? "line \(line), column \(column): \(message)" : message }
}
