import CRdKafka

/// Owner of the headers of one record.
package final class HeaderList {
  private(set) var pointer: OpaquePointer?

  package init() { pointer = rd_kafka_headers_new(8) }

  /// A copy of the headers of record `index` of a batch that has not been released.
  package convenience init(of batch: RecordBatch, _ index: Int) {
    self.init(copying: batch.messages[Int(batch.slots[index])])
  }

  /// A copy of a message's headers; empty if it has none.
  init(copying message: UnsafePointer<rd_kafka_message_t>?) {
    var found: OpaquePointer?
    if let message, rd_kafka_message_headers(message, &found).rawValue == 0, let found {
      pointer = rd_kafka_headers_copy(found)
    } else {
      pointer = rd_kafka_headers_new(8)
    }
  }

  package func add(_ name: String, _ value: String) {
    guard let pointer else { return }
    var value = value
    value.withUTF8 { bytes in _ = rd_kafka_header_add(pointer, name, -1, bytes.baseAddress, bytes.count) }
  }

  /// Somebody else owns them from here on.
  func take() -> OpaquePointer? {
    defer { pointer = nil }
    return pointer
  }

  deinit { if let pointer { rd_kafka_headers_destroy(pointer) } }
}
