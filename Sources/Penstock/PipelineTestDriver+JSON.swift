public import Foundation
public import KafkaPipeline
public import StreamEngine

extension PipelineTestDriver {
  /// Drives a pipeline whose records are JSON documents of its events; see `init(executor:partitions:keyScope:now:decode:)`.
  public convenience init<Event: StreamEvent & Decodable>(
    executor: StreamExecutor<Event>, partitions: Int = 1, keyScope: KeyScope = .global, now: Int64 = PipelineTestDriver.defaultNow,
    decoder: JSONDecoder = JSONDecoder()
  ) throws(InvalidPipeline) {
    try self.init(
      executor: executor, partitions: partitions, keyScope: keyScope, now: now, decode: JSONEvents.decode(Event.self, with: decoder))
  }

  /// Feeds events as JSON documents in that order, as one batch of one partition.
  ///
  /// - Throws: what `encoder` throws, or a `PipelineFailure`.
  public func feed<Event: Encodable>(events: [Event], partition: Int = 0, encoder: JSONEncoder = JSONEncoder()) throws {
    try feed(try events.map { TestRecord(value: Array(try encoder.encode($0)), partition: partition) })
  }
}
