import KafkaClient

/// A record as it came: borrowed views of its bytes, and a copy of its headers.
struct RawRecord {
  var key: UnsafeRawBufferPointer?
  var value: UnsafeRawBufferPointer?
  var timestamp: Int64
  var headers: HeaderList
}
