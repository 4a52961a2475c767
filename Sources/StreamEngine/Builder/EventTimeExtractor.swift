/// An event that knows when it happened.
public protocol EventTimeExtractor: SendableMetatype {
  /// When it happened, by the event's own word; decides which windows it is in.
  var eventTime: EventTime { get }
}
