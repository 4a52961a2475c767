/// What tells a record from another one that has its offset in a log that was made anew.
package struct RecordMark: Sendable, Equatable {
  package var offset: Int64
  /// As in the log, ms.
  package var timestamp: Int64
  package var hash: UInt64

  package init(offset: Int64, timestamp: Int64, hash: UInt64) {
    self.offset = offset
    self.timestamp = timestamp
    self.hash = hash
  }

  /// Longest part of a value that is hashed.
  private static let hashedBytes = 1024

  /// Over the lengths and the first bytes of key and value.
  static func hash(key: UnsafePointer<UInt8>?, _ keyLength: Int, value: UnsafePointer<UInt8>?, _ valueLength: Int) -> UInt64 {
    var hash = FNV1a()
    add(key, keyLength, to: &hash)
    add(value, valueLength, to: &hash)
    return hash.value
  }

  private static func add(_ part: UnsafePointer<UInt8>?, _ length: Int, to hash: inout FNV1a) {
    hash.add(UInt64(truncatingIfNeeded: part == nil ? -1 : length))
    hash.add(UnsafeBufferPointer(start: part, count: part == nil ? 0 : max(0, min(length, hashedBytes))))
  }
}
