import CSimdJSON
import Glibc

/// Turns a batch of Kafka records whose values hold many lines into one record a line, chunk by chunk.
///
/// A line ends at LF or CRLF, the last one at the value's end too. Lines of nothing but white space are passed over, but a value
/// without any other line gives one empty line (a tombstone one without a value), so that no record goes uncounted. A Schema
/// Registry's prefix is passed over. A line has the key, timestamp, offset and partition of its record.
///
/// The arrays are made once, for `capacity` lines; after that nothing is allocated.
package final class LineSplitter {
  package let capacity: Int
  /// Lines in this chunk.
  package private(set) var count = 0
  // As in RecordPointers; entry `i` of each array belongs to line `i`.
  package let values: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  package let valueLengths: UnsafeMutablePointer<Int32>
  package let keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  package let keyLengths: UnsafeMutablePointer<Int32>
  package let timestamps: UnsafeMutablePointer<Int64>
  package let offsets: UnsafeMutablePointer<Int64>
  package let partitions: UnsafeMutablePointer<Int32>
  /// The record that the line is of.
  package let records: UnsafeMutablePointer<Int32>

  /// The record to go on with, the byte of its value, and whether it has given a line.
  private var record = 0
  private var position = 0
  private var hasLine = false

  package init(capacity: Int) {
    self.capacity = max(1, capacity)
    values = .allocate(capacity: self.capacity)
    valueLengths = .allocate(capacity: self.capacity)
    keys = .allocate(capacity: self.capacity)
    keyLengths = .allocate(capacity: self.capacity)
    timestamps = .allocate(capacity: self.capacity)
    offsets = .allocate(capacity: self.capacity)
    partitions = .allocate(capacity: self.capacity)
    records = .allocate(capacity: self.capacity)
  }

  deinit {
    values.deallocate()
    valueLengths.deallocate()
    keys.deallocate()
    keyLengths.deallocate()
    timestamps.deallocate()
    offsets.deallocate()
    partitions.deallocate()
    records.deallocate()
  }

  /// Goes to the start of a new batch.
  package func begin() {
    count = 0
    record = 0
    position = 0
    hasLine = false
  }

  /// Fills the arrays with the batch's next lines; false once there are none. Every call since `begin` takes the same batch, and
  /// the lines are good as long as its values are.
  package func next(_ records: RecordPointers) -> Bool {
    count = 0
    while count < capacity, record < records.count {
      if !takeLine(records) {
        record += 1
        position = 0
        hasLine = false
      }
    }
    return count > 0
  }

  /// Takes the current record's next line; false if it has no more.
  private func takeLine(_ records: RecordPointers) -> Bool {
    let length = Int(records.valueLengths[record])
    guard let value = records.values[record], length > 0 else { return takeEmpty(records) }
    if position == 0, value[0] == 0, length >= Int(PSJ_SCHEMA_PREFIX_BYTES) { position = Int(PSJ_SCHEMA_PREFIX_BYTES) }
    while position < length {
      let line = value + position
      let rest = length - position
      let lineFeed = memchr(line, 0x0A, rest)
      var end = lineFeed.map { UnsafeRawPointer($0) - UnsafeRawPointer(line) } ?? rest
      position += lineFeed == nil ? end : end + 1
      if lineFeed != nil, end > 0, line[end - 1] == 0x0D { end -= 1 }
      if !isBlank(line, end) {
        put(line, end, records)
        return true
      }
    }
    return takeEmpty(records)
  }

  /// Takes the one line of a record that has none.
  private func takeEmpty(_ records: RecordPointers) -> Bool {
    guard !hasLine else { return false }
    put(records.values[record], 0, records)
    return true
  }

  private func isBlank(_ line: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    for index in 0..<length where line[index] != 0x20 && line[index] != 0x09 && line[index] != 0x0D { return false }
    return true
  }

  private func put(_ value: UnsafePointer<UInt8>?, _ length: Int, _ records: RecordPointers) {
    values[count] = value
    valueLengths[count] = Int32(truncatingIfNeeded: length)
    keys[count] = records.keys[record]
    keyLengths[count] = records.keyLengths[record]
    timestamps[count] = records.timestamps[record]
    offsets[count] = records.offsets[record]
    partitions[count] = records.partitions[record]
    self.records[count] = Int32(truncatingIfNeeded: record)
    count += 1
    hasLine = true
  }
}
