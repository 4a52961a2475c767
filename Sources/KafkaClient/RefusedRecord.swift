import CRdKafka

/// A record that the brokers refused for what it is, with all that is needed to send it elsewhere.
package struct RefusedRecord {
  package var topic: OutputTopic
  package var key: [UInt8]?
  package var value: [UInt8]?
  package var timestamp: Int64
  package var headers: HeaderList
  package var error: KafkaError

  init(_ message: UnsafePointer<rd_kafka_message_t>, _ topic: OutputTopic) {
    self.topic = topic
    key = message.pointee.key.map { Array(UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len)) }
    value = message.pointee.payload.map { Array(UnsafeRawBufferPointer(start: $0, count: message.pointee.len)) }
    timestamp = rd_kafka_message_timestamp(message, nil)
    headers = HeaderList(copying: message)
    error = KafkaError(message.pointee.err)
  }
}
