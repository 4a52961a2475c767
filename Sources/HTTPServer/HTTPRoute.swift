/// A method, a path pattern and what to do.
package struct HTTPRoute: Sendable {
  /// Called on a server thread that other requests wait for: it must return soon, and answer later if the answer takes time.
  package typealias Handler = @Sendable (HTTPRequest, _ parameters: [String: String], HTTPResponder) -> Void

  package var method: String
  /// `/v1/pipelines/{name}/start`: a part in braces matches one path segment that is not empty, percent-decoded before it is
  /// handed over.
  package var pattern: String {
    didSet { segments = Segment.parse(pattern) }
  }
  package var handler: Handler

  /// `pattern` cut at its slashes, so that a match does not parse it again.
  private(set) var segments: [Segment]

  package init(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
    self.method = method
    self.pattern = pattern
    self.handler = handler
    self.segments = Segment.parse(pattern)
  }

  enum Segment: Sendable, Equatable {
    case literal(String)
    case parameter(String)

    /// `/a/{b}` -> literal "", literal "a", parameter "b".
    static func parse(_ pattern: String) -> [Segment] {
      pattern.split(separator: "/", omittingEmptySubsequences: false).map { part in
        part.hasPrefix("{") && part.hasSuffix("}") && part.count > 2
          ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
      }
    }
  }
}
