import Glibc

/// Writes results as flat JSON objects: `key`, `window_start`, `window_end`, `revision`, then one member per aggregation.
///
/// One per lane. It owns one buffer that grows to the largest result; after that an encode allocates nothing.
package final class ResultEncoder {
  /// `,"name":` of each member, one behind the other.
  private let names: UnsafeMutablePointer<UInt8>
  /// Where member `i`'s text starts in `names`; one entry more for the end.
  private let nameOffsets: [Int]
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  /// Text beside key, names and cells is far below this: the four fixed members with three integers.
  private static let fixedBytes = 160

  package init(memberNames: [String]) {
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
  ///   - cellKinds: member `i`'s cell is entry `i`: 0 missing, 1 the bits are an Int64, 2 the bits are a double. A missing cell,
  ///     NaN and infinities become `null`.
  package func encode(
    key: UnsafePointer<UInt8>?, keyLength: Int, windowStart: Int64, windowEnd: Int64, revision: Int64,
    cellKinds: UnsafePointer<UInt8>, cellBits: UnsafePointer<UInt64>
  ) -> UnsafeRawBufferPointer {
    let members = nameOffsets.count - 1
    let keyBytes = key == nil ? 0 : max(keyLength, 0)
    reserve(
      Self.fixedBytes + keyBytes * JSONText.maxEscapedBytes + nameOffsets[members] + members * JSONText.maxNumberBytes)
    var at = buffer
    put("{\"key\":\"", &at)
    if let key { at += JSONText.writeEscaped(key, count: keyBytes, into: at) }
    put("\",\"window_start\":", &at)
    at += DecimalText.write(windowStart, into: at)
    put(",\"window_end\":", &at)
    at += DecimalText.write(windowEnd, into: at)
    put(",\"revision\":", &at)
    at += DecimalText.write(revision, into: at)
    nameOffsets.withUnsafeBufferPointer { offsets in
      for member in 0..<members {
        let start = offsets[member]
        let length = offsets[member + 1] - start
        memcpy(at, names + start, length)
        at += length
        switch cellKinds[member] {
        case 1: at += DecimalText.write(Int64(bitPattern: cellBits[member]), into: at)
        case 2: at += JSONText.writeDouble(Double(bitPattern: cellBits[member]), into: at)
        default: at += JSONText.writeNull(into: at)
        }
      }
    }
    put("}", &at)
    return UnsafeRawBufferPointer(start: buffer, count: at - buffer)
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
