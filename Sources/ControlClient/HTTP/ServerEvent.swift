/// One event of a stream (HTML standard, "Server-sent events").
package struct ServerEvent: Sendable, Equatable {
  /// `message` if the stream does not say.
  package var type = "message"
  package var data = ""
  /// The last id that the stream gave, this event's or an earlier one's.
  package var id: String?
}
