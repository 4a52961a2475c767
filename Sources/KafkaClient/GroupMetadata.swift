import CRdKafka

/// Who a consumer is in its group at one moment: what fences offsets that are sent into a transaction.
package final class GroupMetadata: @unchecked Sendable {
  let pointer: OpaquePointer

  init(consuming pointer: OpaquePointer) { self.pointer = pointer }

  deinit { rd_kafka_consumer_group_metadata_destroy(pointer) }
}

extension KafkaConsumer {
  /// As of now; nil before the client has heard of its group.
  package func groupMetadata() -> GroupMetadata? {
    rd_kafka_consumer_group_metadata(client).map { GroupMetadata(consuming: $0) }
  }
}
