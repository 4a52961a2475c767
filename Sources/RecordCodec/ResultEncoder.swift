import Glibc

/// Writes results as flat JSON objects: `key`, `window_start`, `window_end`, `revision`, where they mean something `final`,
/// `retracted` and `seq`, then one member per aggregation.
///
/// One per lane. It owns one buffer that grows to the largest result; after that an encode allocates nothing.
package final class ResultEncoder {
  /// `,"name":` of each member, one behind the other.
  private let names: UnsafeMutablePointer<UInt8>
  /// Where member `i`'s text starts in `names`; one entry more for the end.
  private let nameOffsets: [Int]
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private let writesFinal: Bool

  /// Text beside key, names and cells is below this: seven members with four integers take 170 bytes at most.
  private static let fixedBytes = 192

  /// - Parameter writesFinal: whether every result says if its window has closed, as where windows also come out early.
  package init(memberNames: [String], writesFinal: Bool = false) {
    self.writesFinal = writesFinal
    var text: [UInt8] = []
    var offsets = [0]
    for name in memberNames {
      text += [UInt8(ascii: ",")] + JSONText.quoted(name) + [UInt8(ascii: ":")]
      offsets.append(text.count)
    }
    names = .allocate(capacity: max(text.count, 1))
    names.initialize(from: text, count: text.count)
    nameOffsets = offsets
    capacity = 1024
    buffer = .allocate(capacity: capacity)
  }

  deinit {
    names.deallocate()
    buffer.deallocate()
  }

  /// The result as JSON text, valid until the next call.
  ///
  /// - Parameters:
  ///   - key: the key's bytes, UTF-8; may be nil only where the length is 0.
  ///   - windowStart: ms since the epoch; `windowEnd` likewise, exclusive.
  ///   - final: whether the window has closed; written only if the encoder was made to.
  ///   - retracted: whether the window is no more; written only if so.
  ///   - sequence: the number of a count window, from 1; 0 is not written.
  ///   - cellKinds: member `i`'s cell is entry `i`, as in `RecordBatchColumns`. A missing cell, NaN and infinities become `null`.
  package func encode(
    key: UnsafePointer<UInt8>?, keyLength: Int, windowStart: Int64, windowEnd: Int64, revision: Int64, final: Bool = true,
    retracted: Bool = false, sequence: Int64 = 0, cellKinds: UnsafePointer<UInt8>, cellBits: UnsafePointer<UInt64>
  ) -> UnsafeRawBufferPointer {
    let members = nameOffsets.count - 1
    let keyBytes = key == nil ? 0 : max(keyLength, 0)
    var room =
      Self.fixedBytes + keyBytes * JSONText.maxEscapedBytes + nameOffsets[members] + members * JSONText.maxNumberBytes
    for member in 0..<members where cellKinds[member] == 3 {
      room += textCell(cellBits[member]).count * JSONText.maxEscapedBytes
    }
    reserve(room)
    var at = buffer
    put("{\"key\":\"", &at)
    if let key { at += JSONText.writeEscaped(key, count: keyBytes, into: at) }
    put("\",\"window_start\":", &at)
    at += DecimalText.write(windowStart, into: at)
    put(",\"window_end\":", &at)
    at += DecimalText.write(windowEnd, into: at)
    put(",\"revision\":", &at)
    at += DecimalText.write(revision, into: at)
    if writesFinal || !final { put(final ? ",\"final\":true" : ",\"final\":false", &at) }
    if retracted { put(",\"retracted\":true", &at) }
    if sequence != 0 {
      put(",\"seq\":", &at)
      at += DecimalText.write(sequence, into: at)
    }
    nameOffsets.withUnsafeBufferPointer { offsets in
      for member in 0..<members {
        let start = offsets[member]
        let length = offsets[member + 1] - start
        memcpy(at, names + start, length)
        at += length
        putCell(cellKinds[member], cellBits[member], &at)
      }
    }
    put("}", &at)
    return UnsafeRawBufferPointer(start: buffer, count: at - buffer)
  }

  private func putCell(_ kind: UInt8, _ bits: UInt64, _ at: inout UnsafeMutablePointer<UInt8>) {
    switch kind {
    case 1: at += DecimalText.write(Int64(bitPattern: bits), into: at)
    case 2: at += JSONText.writeDouble(Double(bitPattern: bits), into: at)
    case 3:
      put("\"", &at)
      let text = textCell(bits)
      if let bytes = text.baseAddress { at += JSONText.writeEscaped(bytes, count: text.count, into: at) }
      put("\"", &at)
    case 4: put(bits == 0 ? "false" : "true", &at)
    default: at += JSONText.writeNull(into: at)
    }
  }

  /// The bytes of a text cell: its bits are the address of an unaligned UInt32 length and so many bytes.
  private func textCell(_ bits: UInt64) -> UnsafeBufferPointer<UInt8> {
    guard let cell = UnsafeRawPointer(bitPattern: UInt(bits)) else { return UnsafeBufferPointer(start: nil, count: 0) }
    let length = Int(cell.loadUnaligned(as: UInt32.self))
    return UnsafeBufferPointer(start: (cell + 4).assumingMemoryBound(to: UInt8.self), count: length)
  }

  private func put(_ text: StaticString, _ at: inout UnsafeMutablePointer<UInt8>) {
    memcpy(at, text.utf8Start, text.utf8CodeUnitCount)
    at += text.utf8CodeUnitCount
  }

  private func reserve(_ count: Int) {
    guard capacity < count else { return }
    buffer.deallocate()
    capacity = max(count, capacity * 2)
    buffer = .allocate(capacity: capacity)
  }
}
