/// How events of one type become columns.
package struct EventReader<Event: StreamEvent>: Sendable {
  package typealias Column = @Sendable (Event) -> ResultValue

  package let columns: [Column]
  package let filter: (@Sendable (Event) -> Bool)?
  package let watermark: (@Sendable (Event) -> EventTime?)?
}
