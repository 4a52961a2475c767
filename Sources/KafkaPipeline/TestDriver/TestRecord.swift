/// A record as a `PipelineTestDriver` feeds it.
public struct TestRecord: Sendable, Hashable {
  public var partition: Int
  /// nil: the next one of its partition.
  public var offset: Int64?
  /// nil: no key.
  public var key: [UInt8]?
  /// nil: a tombstone.
  public var value: [UInt8]?
  /// Kafka's own timestamp of the record, ms; nil: none.
  public var timestamp: Int64?

  public init(value: [UInt8]?, key: [UInt8]? = nil, partition: Int = 0, offset: Int64? = nil, timestamp: Int64? = nil) {
    self.partition = partition
    self.offset = offset
    self.key = key
    self.value = value
    self.timestamp = timestamp
  }

  public init(_ value: String, key: String? = nil, partition: Int = 0, offset: Int64? = nil, timestamp: Int64? = nil) {
    self.init(
      value: Array(value.utf8), key: key.map { Array($0.utf8) }, partition: partition, offset: offset, timestamp: timestamp)
  }
}
