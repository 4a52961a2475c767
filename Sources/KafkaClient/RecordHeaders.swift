import CRdKafka
import Glibc

/// Headers of the next record: names fixed at the start, values in a small buffer that is written over for each record.
package struct RecordHeaders: ~Copyable {
  private let names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let values: UnsafeMutablePointer<UInt8>
  private let lengths: UnsafeMutablePointer<Int>
  private let count: Int
  /// Most bytes of one value.
  package static let valueCapacity = 256

  package init(_ headerNames: [String]) {
    count = headerNames.count
    names = .allocate(capacity: max(1, count))
    values = .allocate(capacity: max(1, count) * Self.valueCapacity)
    lengths = .allocate(capacity: max(1, count))
    for (index, name) in headerNames.enumerated() {
      names[index] = strdup(name)
      lengths[index] = 0
    }
  }

  /// `write` puts at most `valueCapacity` bytes and returns how many.
  package mutating func set(_ index: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
    lengths[index] = min(write(values + index * Self.valueCapacity), Self.valueCapacity)
  }

  /// For values that stay: cut at `valueCapacity`.
  package mutating func set(_ index: Int, _ text: String) {
    var text = text
    text.withUTF8 { bytes in
      let length = min(bytes.count, Self.valueCapacity)
      if let base = bytes.baseAddress { (values + index * Self.valueCapacity).update(from: base, count: length) }
      lengths[index] = length
    }
  }

  /// A list for the client, which owns it from a successful produce on.
  func makeList() -> OpaquePointer? {
    guard let list = rd_kafka_headers_new(count) else { return nil }
    for index in 0..<count {
      rd_kafka_header_add(list, names[index], -1, values + index * Self.valueCapacity, lengths[index])
    }
    return list
  }

  deinit {
    for index in 0..<count { free(names[index]) }
    names.deallocate()
    values.deallocate()
    lengths.deallocate()
  }
}
