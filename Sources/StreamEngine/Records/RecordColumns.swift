/// A borrowed view of one decoded batch: parallel arrays that the lane owns and reuses. Entry `i` of each array belongs to record `i`.
///
/// The pointers must stay valid for the call they are handed to and no longer.
package struct RecordColumns {
  /// Records in the batch.
  package var count: Int
  /// The record's input partition, as a dense index within its shard (0 ..< inputs of the executor).
  package var inputs: UnsafePointer<Int32>
  /// Offset of the record in its partition.
  package var offsets: UnsafePointer<Int64>
  /// Event time, milliseconds since the epoch.
  package var timestamps: UnsafePointer<Int64>
  /// Bytes of the aggregation key; may be nil only where the length is 0.
  package var keys: UnsafePointer<UnsafePointer<UInt8>?>
  package var keyLengths: UnsafePointer<Int32>
  /// `RecordStatus`.
  package var status: UnsafePointer<UInt8>
  /// Fields, field by field: field `f` of record `i` is at `f * stride + i`. Kinds as in `CellKind`.
  package var cellKinds: UnsafePointer<UInt8>
  package var cellBits: UnsafePointer<UInt64>
  package var stride: Int
  /// For punctuated watermarks: event time that the record vouches for, ms; Int64.min for none.
  package var watermarks: UnsafePointer<Int64>?
  /// The records as the user's own type, for custom aggregations; they know what stands there.
  package var events: UnsafeRawPointer?
  /// If set, gets a `RecordOutcome` for each record that is processed.
  package var outcomes: UnsafeMutablePointer<UInt8>?

  package init(
    count: Int, inputs: UnsafePointer<Int32>, offsets: UnsafePointer<Int64>, timestamps: UnsafePointer<Int64>,
    keys: UnsafePointer<UnsafePointer<UInt8>?>, keyLengths: UnsafePointer<Int32>, status: UnsafePointer<UInt8>,
    cellKinds: UnsafePointer<UInt8>, cellBits: UnsafePointer<UInt64>, stride: Int
  ) {
    self.count = count
    self.inputs = inputs
    self.offsets = offsets
    self.timestamps = timestamps
    self.keys = keys
    self.keyLengths = keyLengths
    self.status = status
    self.cellKinds = cellKinds
    self.cellBits = cellBits
    self.stride = stride
  }
}
