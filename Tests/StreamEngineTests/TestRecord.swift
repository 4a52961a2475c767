import StreamEngine

struct TestRecord: Sendable {
  var input = 0
  var offset: Int64 = 0
  var timestamp: Int64
  var key: [UInt8]
  var cells: [TestCell] = []
  var status: UInt8 = RecordStatus.decoded
  /// Of `WatermarkPlan.punctuated`: what the record vouches for.
  var watermark: Int64?
  /// The user's own event, for `CustomAggregation`.
  var event: Int64 = 0

  init(_ timestamp: Int64, _ key: String = "a", _ cells: TestCell..., input: Int = 0, offset: Int64 = 0, status: UInt8 = 0) {
    self.timestamp = timestamp
    self.key = Array(key.utf8)
    self.cells = cells
    self.input = input
    self.offset = offset
    self.status = status
  }
}

/// A result that came out of an executor.
struct TestResult: Hashable, Comparable, CustomStringConvertible {
  var key: [UInt8]
  var start: Int64
  var end: Int64
  var revision: Int64
  var sequence: Int64 = 0
  var flags: UInt8 = 0
  var cells: [TestCell]

  static func < (a: TestResult, b: TestResult) -> Bool {
    a.end != b.end ? a.end < b.end : a.key != b.key ? a.key.lexicographicallyPrecedes(b.key) : a.order < b.order
  }

  private var order: (Int64, Int64, Int64, UInt8) { (start, sequence, revision, flags) }

  /// What readers tell results apart by.
  var name: ResultName { ResultName(key: key, start: sequence == 0 ? start : 0, sequence: sequence) }

  var description: String {
    let flag = flags == 0 ? "" : flags == ResultBatch.early ? "early " : flags == ResultBatch.retracted ? "retracted " : "flags \(flags) "
    let place = sequence == 0 ? "\(start)..\(end)" : "\(start)..\(end)/\(sequence)"
    return flag + (key.isEmpty ? "''" : TestResult.brief(key)) + "@\(place)#\(revision)=" + cells.map(\.description).joined(separator: ",")
  }

  static func brief(_ key: [UInt8]) -> String { key.count > 20 ? "\(key.count) bytes" : String(decoding: key, as: UTF8.self) }
}

/// Readers keep the last result per key and window start, of count windows per key and sequence.
struct ResultName: Hashable, CustomStringConvertible {
  var key: [UInt8]
  var start: Int64
  var sequence: Int64

  var description: String { "\(TestResult.brief(key))@" + (sequence == 0 ? "\(start)" : "/\(sequence)") }
}
