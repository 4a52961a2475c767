/// How a pipeline is, computed from what moved and when, never from "it connected once".
public struct KafkaStreamHealth: Sendable, Hashable {
  public enum Level: String, Sendable, Comparable {
    case ok
    /// Nothing can be said yet, or any more.
    case unknown
    /// Results come, but something needs a look.
    case degraded
    /// Results do not come, or would be wrong.
    case failing

    private var weight: Int {
      switch self {
      case .ok: 0
      case .unknown: 1
      case .degraded: 2
      case .failing: 3
      }
    }

    public static func < (a: Level, b: Level) -> Bool { a.weight < b.weight }
  }

  public var level: Level
  /// Why, for people; of several reasons the worst.
  public var reason: String
}
