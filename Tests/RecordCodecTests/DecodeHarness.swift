import RecordCodec

/// A record as the tests hand it in. Plain text stands for its UTF-8 bytes.
struct Input {
  var value: [UInt8]?
  var key: [UInt8]?
  var timestamp: Int64 = 1_000

  init(value: [UInt8]?, key: [UInt8]? = Array("k".utf8), timestamp: Int64 = 1_000) {
    self.value = value
    self.key = key
    self.timestamp = timestamp
  }
  init(_ text: String) { self.init(value: Array(text.utf8)) }
}

enum Cell: Equatable {
  case missing
  case integer(Int64)
  case double(UInt64)
  case text(String)
  case boolean(Bool)
  static func real(_ value: Double) -> Cell { .double(value.bitPattern) }
}

extension Cell {
  init(kind: UInt8, bits: UInt64) {
    switch kind {
    case 0: self = .missing
    case 1: self = .integer(Int64(bitPattern: bits))
    case 2: self = .double(bits)
    case 3:
      let cell = UnsafeRawPointer(bitPattern: UInt(bits))!
      let bytes = UnsafeRawBufferPointer(start: cell + 4, count: Int(cell.loadUnaligned(as: UInt32.self)))
      // What is not UTF-8 shows as a text that no test expects.
      self = .text(String(validating: bytes, as: UTF8.self) ?? "not UTF-8: \(Array(bytes))")
    case 4: self = .boolean(bits == 1)
    default: fatalError("no such kind of cell: \(kind)")
    }
  }
}

/// What came out for one record.
struct Decoded: Equatable {
  var failure: DecodeFailure?
  var isFiltered = false
  var timestamp: Int64
  var key: [UInt8]?
  var cells: [Cell]

  var keyText: String? { key.map { String(decoding: $0, as: UTF8.self) } }
}

/// The arrays of one batch. They start out full of rubbish, so that an entry the decoder leaves alone shows.
final class BatchArrays {
  let columns: RecordBatchColumns
  private var blocks: [UnsafeMutableRawPointer] = []

  init(_ inputs: [Input], fieldCount: Int) {
    var blocks: [UnsafeMutableRawPointer] = []
    func array<T>(_ elements: [T]) -> UnsafeMutablePointer<T> {
      let memory = UnsafeMutablePointer<T>.allocate(capacity: max(elements.count, 1))
      memory.initialize(from: elements, count: elements.count)
      blocks.append(UnsafeMutableRawPointer(memory))
      return memory
    }
    let count = inputs.count
    let stride = count + 3
    // Exactly sized blocks, so that a read beyond a value is one that a sanitizer sees.
    let values = inputs.map { $0.value.map { UnsafePointer(array($0)) } }
    let recordKeys = inputs.map { $0.key.map { UnsafePointer(array($0)) } }
    columns = RecordBatchColumns(
      count: count, values: array(values), valueLengths: array(inputs.map { Int32($0.value?.count ?? 0) }),
      recordKeys: array(recordKeys), recordKeyLengths: array(inputs.map { Int32($0.key?.count ?? 0) }),
      recordTimestamps: array(inputs.map(\.timestamp)), timestamps: array(Array(repeating: -77, count: count)),
      keys: array(Array(repeating: nil, count: count)), keyLengths: array(Array(repeating: -77, count: count)),
      status: array(Array(repeating: 0xEE, count: count)),
      cellKinds: array(Array(repeating: 0xEE, count: fieldCount * stride)),
      cellBits: array(Array(repeating: 0xEEEE, count: fieldCount * stride)), stride: stride)
    self.blocks = blocks
  }

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// Spoils the records, as if their Kafka messages had been released.
  func releaseRecords() {
    for record in 0..<columns.count {
      for (pointer, length) in [(columns.values[record], columns.valueLengths[record]), (columns.recordKeys[record], columns.recordKeyLengths[record])] {
        if let pointer { UnsafeMutablePointer(mutating: pointer).update(repeating: 0xDD, count: Int(length)) }
      }
    }
  }
}

/// A decoder, and what it makes of records.
final class DecodeHarness {
  let decoder: RecordDecoder
  let fieldCount: Int

  init(_ configuration: RecordDecoderConfiguration) {
    decoder = RecordDecoder(configuration)
    fieldCount = configuration.fields.count
  }

  func decode(_ inputs: [Input], latest: Int64 = .max) -> [Decoded] {
    let batch = BatchArrays(inputs, fieldCount: fieldCount)
    decoder.decode(batch.columns, latestTimestamp: latest)
    batch.releaseRecords()
    let columns = batch.columns
    return withExtendedLifetime(batch) {
      (0..<inputs.count).map { record in
        Decoded(
          failure: [0, RecordBatchColumns.filtered].contains(columns.status[record])
            ? nil : DecodeFailure(rawValue: columns.status[record])!,
          isFiltered: columns.status[record] == RecordBatchColumns.filtered,
          timestamp: columns.timestamps[record],
          key: columns.keys[record].map { Array(UnsafeBufferPointer(start: $0, count: Int(columns.keyLengths[record]))) },
          cells: (0..<fieldCount).map { field in
            let cell = field * columns.stride + record
            return Cell(kind: columns.cellKinds[cell], bits: columns.cellBits[cell])
          })
      }
    }
  }

  func decode(_ input: Input, latest: Int64 = .max) -> Decoded { decode([input], latest: latest)[0] }
}

extension RecordDecoderConfiguration {
  /// Event time in `ts` (ms), key in `id`, columns `a` and `b`.
  static let common = RecordDecoderConfiguration(
    timestamp: .field(FieldPath("ts"), .milliseconds), key: .fields([FieldPath("id")], .plain),
    fields: [FieldColumn(FieldPath("a")), FieldColumn(FieldPath("b"))])

  static func columns(_ paths: [String], _ kind: FieldColumn.Kind = .numeric) -> RecordDecoderConfiguration {
    RecordDecoderConfiguration(
      timestamp: .kafka, key: .kafka, fields: paths.map { FieldColumn(FieldPath($0), kind) })
  }

  static func time(_ unit: TimestampUnit) -> RecordDecoderConfiguration {
    RecordDecoderConfiguration(timestamp: .field(FieldPath("t"), unit), key: .kafka, fields: [])
  }

  static func key(_ paths: [String], _ rendering: KeyRendering = .plain) -> RecordDecoderConfiguration {
    RecordDecoderConfiguration(timestamp: .kafka, key: .fields(paths.map { FieldPath($0) }, rendering), fields: [])
  }
}

/// Decodes one text with a decoder of its own.
func decodeOne(_ configuration: RecordDecoderConfiguration, _ text: String, latest: Int64 = .max) -> Decoded {
  DecodeHarness(configuration).decode(Input(text), latest: latest)
}

/// A small repeatable generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
