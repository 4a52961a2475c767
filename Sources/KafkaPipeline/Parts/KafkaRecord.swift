/// A record as a `KafkaStreamSource` hands it over. Key and value point into the client's memory: they are valid until the handler
/// of the batch returns; `Array(record.value)` is a copy to keep.
public struct KafkaRecord {
  public let topic: String
  public let partition: Int
  public let offset: Int64
  /// Kafka's own, Unix ms; nil: none.
  public let timestamp: Int64?
  /// nil: no key.
  public let key: UnsafeRawBufferPointer?
  /// nil: a tombstone.
  public let value: UnsafeRawBufferPointer?
}
