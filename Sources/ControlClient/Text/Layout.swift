/// How a document becomes text.
package struct Layout: Sendable {
  /// Columns.
  package var width: Int
  package var hasColour: Bool
  /// Unix milliseconds, for how long ago something was.
  package var nowMs: Int64

  /// Somebody sees it; else it may be read again by a program.
  package var isTerminal = false

  package init(width: Int = 80, hasColour: Bool = false, isTerminal: Bool = false, nowMs: Int64) {
    self.width = width
    self.isTerminal = isTerminal
    self.hasColour = hasColour
    self.nowMs = nowMs
  }

  /// For the error output, which may go elsewhere.
  var withoutColour: Layout {
    var layout = self
    layout.hasColour = false
    return layout
  }
}
