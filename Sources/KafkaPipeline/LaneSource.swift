import KafkaClient
import RecordCodec

/// The reading end of a lane: polls a consumer and decodes its batches into columns.
///
/// The arrays are made once, for `capacity` records; a batch costs no allocation of ours.
final class LaneSource {
  let consumer: KafkaConsumer
  let batch: RecordBatch
  private let decoder: any RecordDecoding
  let capacity: Int

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

  init(consumer: KafkaConsumer, decoder: any RecordDecoding, fieldCount: Int, capacity: Int, punctuated: Bool) {
    self.consumer = consumer
    self.decoder = decoder
    self.capacity = capacity
    batch = RecordBatch(capacity: capacity)
    timestamps = .allocate(capacity: capacity)
    keys = .allocate(capacity: capacity)
    keyLengths = .allocate(capacity: capacity)
    status = .allocate(capacity: capacity)
    cellKinds = .allocate(capacity: capacity * max(1, fieldCount))
    cellBits = .allocate(capacity: capacity * max(1, fieldCount))
    watermarks = punctuated ? .allocate(capacity: capacity) : nil
    inputs = .allocate(capacity: capacity)
  }

  /// Number of messages taken; the records among them are in `batch`.
  func poll(timeoutMs: Int32) -> Int { consumer.poll(into: batch, limit: capacity, timeoutMs: timeoutMs) }

  /// Decodes the batch and gives the messages back: keys live on in the decoder's memory until the next call.
  func decode(latestTimestamp: Int64) {
    var columns = RecordBatchColumns(
      count: batch.count, values: batch.values, valueLengths: batch.valueLengths, recordKeys: batch.keys,
      recordKeyLengths: batch.keyLengths, recordTimestamps: batch.timestamps, timestamps: timestamps, keys: keys,
      keyLengths: keyLengths, status: status, cellKinds: cellKinds, cellBits: cellBits, stride: capacity)
    columns.watermarks = watermarks
    decoder.decode(columns, latestTimestamp: latestTimestamp)
    batch.release()
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
  }
}
