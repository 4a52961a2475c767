import StreamEngine

/// A batch of one key's records on one input, in flat arrays: for tests of very many records.
final class PlainBatch {
  static let capacity = 10_000

  private let inputs = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
  private let offsets = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
  private let timestamps = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
  private let keys = UnsafeMutablePointer<UnsafePointer<UInt8>?>.allocate(capacity: capacity)
  private let keyLengths = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
  private let status = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
  private let kinds = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
  private let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)

  init() {
    inputs.initialize(repeating: 0, count: PlainBatch.capacity)
    offsets.initialize(repeating: 0, count: PlainBatch.capacity)
    timestamps.initialize(repeating: 0, count: PlainBatch.capacity)
    keys.initialize(repeating: nil, count: PlainBatch.capacity)
    keyLengths.initialize(repeating: 0, count: PlainBatch.capacity)
    status.initialize(repeating: RecordStatus.decoded, count: PlainBatch.capacity)
    kinds.initialize(repeating: CellKind.missing, count: PlainBatch.capacity)
    bits.initialize(repeating: 0, count: PlainBatch.capacity)
  }

  deinit {
    inputs.deallocate()
    offsets.deallocate()
    timestamps.deallocate()
    keys.deallocate()
    keyLengths.deallocate()
    status.deallocate()
    kinds.deallocate()
    bits.deallocate()
  }

  /// Runs `count` records, which `record` gives by number: a timestamp and a number or nothing. Returns all results.
  func run(_ executor: ShardExecutor, count: Int, now: Int64, _ record: (Int) -> (timestamp: Int64, cell: TestCell)) throws -> [TestResult] {
    var results: [TestResult] = []
    for first in stride(from: 0, to: count, by: PlainBatch.capacity) {
      let size = min(PlainBatch.capacity, count - first)
      for place in 0..<size {
        let (timestamp, cell) = record(first + place)
        offsets[place] = Int64(first + place)
        timestamps[place] = timestamp
        kinds[place] = cell.kind
        bits[place] = cell.bits
      }
      let columns = RecordColumns(
        count: size, inputs: inputs, offsets: offsets, timestamps: timestamps, keys: keys, keyLengths: keyLengths, status: status,
        cellKinds: kinds, cellBits: bits, stride: PlainBatch.capacity)
      var next = 0
      while true {
        next = try executor.process(columns, from: next, to: size, now: now)
        results += try executor.drainAll(capacity: 1_000)
        if next == size { break }
      }
      executor.endBatch()
      results += try executor.drainAll(capacity: 1_000)
    }
    return results
  }
}
