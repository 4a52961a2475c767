/// What became of a batch of events.
public struct StreamOutput<Event> {
  /// In the order in which they came out.
  public var results: [WindowResult] = []
  /// Events that came after their window was let go; they are in no figure.
  public var lateEvents: [Event] = []
  /// Events that cannot be aggregated, and why.
  public var skippedEvents: [(event: Event, fault: EventFault)] = []
}

extension StreamOutput: Sendable where Event: Sendable {}
