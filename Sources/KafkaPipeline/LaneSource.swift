import KafkaClient
import RecordCodec

/// The reading end of a lane: polls a consumer and decodes its batches into columns. A batch is decoded as one chunk, or as several
/// where each of its messages can hold many lines.
///
/// The arrays are made once, for `capacity` records; a batch costs no allocation of ours.
final class LaneSource {
  let consumer: KafkaConsumer
  let batch: RecordBatch
  private let decoder: any RecordDecoding
  let capacity: Int
  /// Where a message holds many lines: each is a record.
  private let splitter: LineSplitter?

  // The records of the chunk.
  private(set) var count = 0
  private(set) var offsets: UnsafePointer<Int64>
  /// Index of each record's partition in the consumer's assignment.
  private(set) var partitions: UnsafePointer<Int32>
  private var isDecoded = false

  // Decoded columns; see RecordBatchColumns.
  let timestamps: UnsafeMutablePointer<Int64>
  let keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  let keyLengths: UnsafeMutablePointer<Int32>
  let status: UnsafeMutablePointer<UInt8>
  let cellKinds: UnsafeMutablePointer<UInt8>
  let cellBits: UnsafeMutablePointer<UInt64>
  /// Of each record, if event time comes from records that vouch for one.
  let watermarks: UnsafeMutablePointer<Int64>?
  /// Input of each record within its shard; written by the lane.
  let inputs: UnsafeMutablePointer<Int32>
  /// What the executor did with each record; nil: nobody asks.
  let outcomes: UnsafeMutablePointer<UInt8>?
  /// Raw records stay at hand until the chunk was processed.
  private let keepsRecords: Bool

  init(
    consumer: KafkaConsumer, decoder: any RecordDecoding, fieldCount: Int, capacity: Int, lines: Bool, punctuated: Bool, errors: ErrorPolicy = ErrorPolicy()
  ) {
    self.consumer = consumer
    self.decoder = decoder
    self.capacity = capacity
    batch = RecordBatch(capacity: capacity)
    splitter = lines ? LineSplitter(capacity: capacity) : nil
    offsets = UnsafePointer(splitter?.offsets ?? batch.offsets)
    partitions = UnsafePointer(splitter?.partitions ?? batch.partitions)
    timestamps = .allocate(capacity: capacity)
    keys = .allocate(capacity: capacity)
    keyLengths = .allocate(capacity: capacity)
    status = .allocate(capacity: capacity)
    cellKinds = .allocate(capacity: capacity * max(1, fieldCount))
    cellBits = .allocate(capacity: capacity * max(1, fieldCount))
    watermarks = punctuated ? .allocate(capacity: capacity) : nil
    inputs = .allocate(capacity: capacity)
    outcomes = errors.onLate == .deadLetter ? .allocate(capacity: capacity) : nil
    keepsRecords = errors.keepsRecords
  }

  /// Number of messages taken; the records among them are in `batch`.
  func poll(timeoutMs: Int32) -> Int { consumer.poll(into: batch, limit: capacity, timeoutMs: timeoutMs) }

  /// Goes to the start of the batch that was polled.
  func begin() {
    isDecoded = false
    splitter?.begin()
  }

  /// Decodes the next chunk of the batch; false once there is none. The messages are given back as soon as nobody needs them: keys live
  /// on in the decoder's memory until the next call.
  func decodeNext(latestTimestamp: Int64) -> Bool {
    if let splitter {
      let records = RecordPointers(
        count: batch.count, values: batch.values, valueLengths: batch.valueLengths, keys: batch.keys, keyLengths: batch.keyLengths,
        timestamps: batch.timestamps, offsets: batch.offsets, partitions: batch.partitions)
      guard splitter.next(records) else {
        batch.release()
        return false
      }
      decode(
        splitter.count, splitter.values, splitter.valueLengths, splitter.keys, splitter.keyLengths, splitter.timestamps, latestTimestamp)
      return true
    }
    if isDecoded {
      batch.release()
      return false
    }
    isDecoded = true
    decode(batch.count, batch.values, batch.valueLengths, batch.keys, batch.keyLengths, batch.timestamps, latestTimestamp)
    if !keepsRecords { batch.release() }
    return true
  }

  private func decode(
    _ count: Int, _ values: UnsafeMutablePointer<UnsafePointer<UInt8>?>, _ lengths: UnsafeMutablePointer<Int32>,
    _ recordKeys: UnsafeMutablePointer<UnsafePointer<UInt8>?>, _ recordKeyLengths: UnsafeMutablePointer<Int32>,
    _ recordTimestamps: UnsafeMutablePointer<Int64>, _ latestTimestamp: Int64
  ) {
    self.count = count
    var columns = RecordBatchColumns(
      count: count, values: values, valueLengths: lengths, recordKeys: recordKeys, recordKeyLengths: recordKeyLengths,
      recordTimestamps: recordTimestamps, timestamps: timestamps, keys: keys, keyLengths: keyLengths, status: status,
      cellKinds: cellKinds, cellBits: cellBits, stride: capacity)
    columns.watermarks = watermarks
    decoder.decode(columns, latestTimestamp: latestTimestamp)
  }

  /// A record of the chunk as it came; only where the policy keeps them, and until the next chunk.
  func raw(_ index: Int) -> RawRecord {
    let record = splitter.map { Int($0.records[index]) } ?? index
    let (value, length) = splitter.map { ($0.values[index], $0.valueLengths[index]) } ?? (batch.values[index], batch.valueLengths[index])
    return RawRecord(
      key: batch.keys[record].map { UnsafeRawBufferPointer(start: $0, count: Int(batch.keyLengths[record])) },
      value: value.map { UnsafeRawBufferPointer(start: $0, count: Int(length)) }, timestamp: batch.timestamps[record],
      headers: HeaderList(of: batch, record))
  }

  /// The decoded records as a program's own type, if they are of one.
  var events: UnsafeRawPointer? { decoder.events }

  deinit {
    timestamps.deallocate()
    keys.deallocate()
    keyLengths.deallocate()
    status.deallocate()
    cellKinds.deallocate()
    cellBits.deallocate()
    watermarks?.deallocate()
    inputs.deallocate()
    outcomes?.deallocate()
  }
}
