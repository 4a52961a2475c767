/// How a pipeline is, in one word. Ordered from best to worst.
package enum HealthLevel: String, Sendable, CaseIterable, Comparable {
  /// It does what it should, or is stopped by wish.
  case ok
  /// Too early to tell, or in the middle of a change.
  case unknown
  /// Results come out, but something needs a look.
  case degraded
  /// Results do not come out, or would be wrong.
  case failing

  package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .ok: 0
    case .unknown: 1
    case .degraded: 2
    case .failing: 3
    }
  }
}
