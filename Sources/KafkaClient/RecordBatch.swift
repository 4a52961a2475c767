import CRdKafka

/// Records of one poll as parallel arrays: borrowed views into the client's fetch buffers, valid until `release`.
///
/// Entry `i` of each array belongs to record `i`; the arrays are made once, for `capacity` records. Release a batch before the
/// next blocking call: one held record pins its whole fetch buffer.
package final class RecordBatch {
  package let capacity: Int
  package internal(set) var count = 0
  /// Bytes of the values.
  package internal(set) var bytes = 0
  /// Value bytes; nil is a tombstone.
  package let values: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  package let valueLengths: UnsafeMutablePointer<Int32>
  /// Record keys; nil is no key.
  package let keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  package let keyLengths: UnsafeMutablePointer<Int32>
  /// Record timestamps, ms; -1 is none.
  package let timestamps: UnsafeMutablePointer<Int64>
  package let offsets: UnsafeMutablePointer<Int64>
  /// Index of the record's partition in the consumer's assignment.
  package let partitions: UnsafeMutablePointer<Int32>

  let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  /// Which of the messages each record is.
  let slots: UnsafeMutablePointer<Int32>
  var messageCount = 0

  package init(capacity: Int) {
    self.capacity = capacity
    values = .allocate(capacity: capacity)
    valueLengths = .allocate(capacity: capacity)
    keys = .allocate(capacity: capacity)
    keyLengths = .allocate(capacity: capacity)
    timestamps = .allocate(capacity: capacity)
    offsets = .allocate(capacity: capacity)
    partitions = .allocate(capacity: capacity)
    messages = .allocate(capacity: capacity)
    slots = .allocate(capacity: capacity)
  }

  /// Gives the fetch buffers back; the pointers in `values` and `keys` are dead after it.
  package func release() {
    for index in 0..<messageCount { rd_kafka_message_destroy(messages[index]) }
    messageCount = 0
  }

  deinit {
    release()
    values.deallocate()
    valueLengths.deallocate()
    keys.deallocate()
    keyLengths.deallocate()
    timestamps.deallocate()
    offsets.deallocate()
    partitions.deallocate()
    messages.deallocate()
    slots.deallocate()
  }
}
