import CRdKafka

/// Records that wait for the next transaction: copies, in order, bounded in bytes.
package final class HeldRecords {
  private struct Record {
    var topic: OutputTopic
    /// Where key and value begin in `bytes`; a length of -1 is none.
    var start: Int
    var keyLength: Int
    var valueLength: Int
    var timestamp: Int64
    var firedAt: Int64
    /// Owned until it is given to the client.
    var headers: OpaquePointer?
  }

  private let limit: Int
  private var bytes: [UInt8] = []
  private var records: [Record] = []
  private var next = 0

  package init(limit: Int) { self.limit = limit }

  package var isEmpty: Bool { next == records.count }
  package var isFull: Bool { bytes.count >= limit }

  /// `headers` belongs to this object from here on.
  func append(
    topic: OutputTopic, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64, headers: OpaquePointer,
    firedAt: Int64
  ) {
    records.append(
      Record(
        topic: topic, start: bytes.count, keyLength: key?.count ?? -1, valueLength: value?.count ?? -1, timestamp: timestamp,
        firedAt: firedAt, headers: headers))
    if let key { bytes.append(contentsOf: key) }
    if let value { bytes.append(contentsOf: value) }
  }

  /// Hands the next record to `produce`, which says whether the client took it, and with it the headers.
  func give(
    _ produce: (
      _ topic: OutputTopic, _ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?, _ timestamp: Int64, _ headers: OpaquePointer,
      _ firedAt: Int64
    ) -> Bool
  ) {
    guard next < records.count, let headers = records[next].headers else { return }
    let record = records[next]
    let taken = bytes.withUnsafeBytes { all in
      let keyEnd = record.start + max(0, record.keyLength)
      return produce(
        record.topic, record.keyLength < 0 ? nil : UnsafeRawBufferPointer(rebasing: all[record.start..<keyEnd]),
        record.valueLength < 0 ? nil : UnsafeRawBufferPointer(rebasing: all[keyEnd..<keyEnd + record.valueLength]),
        record.timestamp, headers, record.firedAt)
    }
    guard taken else { return }
    records[next].headers = nil
    next += 1
    if next == records.count { removeAll() }
  }

  package func removeAll() {
    for record in records[next...] { if let headers = record.headers { rd_kafka_headers_destroy(headers) } }
    records.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    next = 0
  }

  deinit { removeAll() }
}
