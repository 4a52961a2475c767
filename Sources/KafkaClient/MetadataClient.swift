import CRdKafka
import Synchronization

/// A client that only asks whether a cluster answers, and what it knows of topics.
package final class MetadataClient: @unchecked Sendable {
  private let client: OpaquePointer
  private let events: ClientEvents

  package init(properties: [(name: String, value: String)]) throws(KafkaError) {
    events = ClientEvents()
    client = try ClientConfiguration(properties).makeClient(RD_KAFKA_PRODUCER, events: events)
  }

  /// Blocks for at most `timeoutMs`. The error is the client's latest reason where it has one, such as a refused connection.
  package func ask(timeoutMs: Int32) throws(KafkaError) {
    rd_kafka_poll(client, 0)
    var answer: UnsafePointer<rd_kafka_metadata>?
    let error = rd_kafka_metadata(client, 0, nil, &answer, timeoutMs)
    if let answer { rd_kafka_metadata_destroy(answer) }
    if error.rawValue == 0 {
      // What was said before this answer is no reason for a later silence.
      rd_kafka_poll(client, 0)
      return events.errors.withLock { $0.latest = nil }
    }
    rd_kafka_poll(client, 0)
    let reason = events.errors.withLock { $0.latest?.message }
    throw KafkaError(error, reason)
  }

  package func topic(_ name: String, timeoutMs: Int32) throws(KafkaError) -> TopicDescription {
    try describeTopic(client, name, timeoutMs)
  }

  deinit { rd_kafka_destroy(client) }
}
