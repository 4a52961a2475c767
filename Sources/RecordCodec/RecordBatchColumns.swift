/// The arrays that a decoder reads and fills, owned and reused by the lane. Entry `i` of each belongs to record `i`.
///
/// In: `values`, `recordKeys`, `recordTimestamps`. Out: `timestamps`, `keys`, `status`, the cells. Key bytes that the decoder
/// hands out live in its own memory until its next call, so the Kafka messages can be released right after decoding.
package struct RecordBatchColumns {
  package var count: Int
  /// Value bytes; nil is a tombstone.
  package var values: UnsafePointer<UnsafePointer<UInt8>?>
  package var valueLengths: UnsafePointer<Int32>
  /// Kafka record keys; nil is no key.
  package var recordKeys: UnsafePointer<UnsafePointer<UInt8>?>
  package var recordKeyLengths: UnsafePointer<Int32>
  /// Kafka record timestamps, ms; -1 is none. Read only when the event time comes from Kafka.
  package var recordTimestamps: UnsafePointer<Int64>

  package var timestamps: UnsafeMutablePointer<Int64>
  package var keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  package var keyLengths: UnsafeMutablePointer<Int32>
  /// 0, `RecordBatchColumns.filtered`, or a `DecodeFailure`.
  package var status: UnsafeMutablePointer<UInt8>
  /// Field `f` of record `i` is at `f * stride + i`. Kinds: 0 missing, 1 the bits are an Int64, 2 the bits are a finite double, 3 the
  /// bits are the address of a UInt32 length and so many bytes of UTF-8 (unaligned), 4 the bits are 0 or 1 for a boolean.
  package var cellKinds: UnsafeMutablePointer<UInt8>
  package var cellBits: UnsafeMutablePointer<UInt64>
  package var stride: Int
  /// For decoders whose records carry watermarks: event time each vouches for, ms; Int64.min for none. nil: nobody asks.
  package var watermarks: UnsafeMutablePointer<Int64>?

  /// Status of a record that the filter left out.
  package static let filtered: UInt8 = 255

  package init(
    count: Int, values: UnsafePointer<UnsafePointer<UInt8>?>, valueLengths: UnsafePointer<Int32>,
    recordKeys: UnsafePointer<UnsafePointer<UInt8>?>, recordKeyLengths: UnsafePointer<Int32>,
    recordTimestamps: UnsafePointer<Int64>, timestamps: UnsafeMutablePointer<Int64>,
    keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>, keyLengths: UnsafeMutablePointer<Int32>,
    status: UnsafeMutablePointer<UInt8>, cellKinds: UnsafeMutablePointer<UInt8>, cellBits: UnsafeMutablePointer<UInt64>,
    stride: Int
  ) {
    self.count = count
    self.values = values
    self.valueLengths = valueLengths
    self.recordKeys = recordKeys
    self.recordKeyLengths = recordKeyLengths
    self.recordTimestamps = recordTimestamps
    self.timestamps = timestamps
    self.keys = keys
    self.keyLengths = keyLengths
    self.status = status
    self.cellKinds = cellKinds
    self.cellBits = cellBits
    self.stride = stride
  }
}
