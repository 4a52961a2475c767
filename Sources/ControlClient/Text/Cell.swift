/// A place in a table. The text may come from the server: it is made safe when it is shown.
package struct Cell: Sendable, Equatable, ExpressibleByStringInterpolation {
  package var text: String
  package var tone = Tone.plain

  package init(_ text: String, _ tone: Tone = .plain) {
    self.text = SafeText.line(text)
    self.tone = tone
  }

  package init(stringLiteral value: String) { self.init(value) }
}
