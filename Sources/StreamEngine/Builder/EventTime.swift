/// A point in event time: milliseconds since the epoch (1970-01-01 00:00 UTC), negative before it.
public struct EventTime: Sendable, Hashable, Comparable, Codable, ExpressibleByIntegerLiteral {
  public var milliseconds: Int64

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// Milliseconds, as `init(milliseconds:)`.
  public init(integerLiteral milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public static func < (a: EventTime, b: EventTime) -> Bool { a.milliseconds < b.milliseconds }
}

extension EventTime: CustomStringConvertible {
  public var description: String { "\(milliseconds) ms" }
}
