/// An event that knows what it is aggregated by.
public protocol KeyExtractor: SendableMetatype {
  /// Events of equal keys are aggregated together.
  var key: EventKey { get }
}

/// What a pipeline needs to know of its events.
public typealias StreamEvent = EventTimeExtractor & KeyExtractor
