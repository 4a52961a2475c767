/// A batch of Kafka records as parallel arrays. The pointers are borrowed: whoever fills this says how long they are good.
package struct RecordPointers {
  package var count: Int
  /// Value bytes; nil is a tombstone.
  package var values: UnsafePointer<UnsafePointer<UInt8>?>
  package var valueLengths: UnsafePointer<Int32>
  /// Record keys; nil is no key.
  package var keys: UnsafePointer<UnsafePointer<UInt8>?>
  package var keyLengths: UnsafePointer<Int32>
  /// Record timestamps, ms; -1 is none.
  package var timestamps: UnsafePointer<Int64>
  package var offsets: UnsafePointer<Int64>
  package var partitions: UnsafePointer<Int32>

  package init(
    count: Int, values: UnsafePointer<UnsafePointer<UInt8>?>, valueLengths: UnsafePointer<Int32>,
    keys: UnsafePointer<UnsafePointer<UInt8>?>, keyLengths: UnsafePointer<Int32>, timestamps: UnsafePointer<Int64>,
    offsets: UnsafePointer<Int64>, partitions: UnsafePointer<Int32>
  ) {
    self.count = count
    self.values = values
    self.valueLengths = valueLengths
    self.keys = keys
    self.keyLengths = keyLengths
    self.timestamps = timestamps
    self.offsets = offsets
    self.partitions = partitions
  }
}
