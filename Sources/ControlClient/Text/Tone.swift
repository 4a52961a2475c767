/// What a piece of text is, for its colour.
package enum Tone: Sendable {
  case plain, good, warning, bad, faint, strong

  private var code: Int? {
    switch self {
    case .plain: nil
    case .good: 32
    case .warning: 33
    case .bad: 31
    case .faint: 2
    case .strong: 1
    }
  }

  func paint(_ text: String, _ layout: Layout) -> String {
    guard layout.hasColour, let code else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  /// Of a word for a phase or a level of health.
  static func of(_ word: String?) -> Tone {
    switch word {
    case "running", "ok", "completed": .good
    case "starting", "stopping", "paused", "degraded", "backoff", "deleting": .warning
    case "failed", "failing": .bad
    case "unknown": .faint
    default: .plain
    }
  }
}
