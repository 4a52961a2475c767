/// Turns batches of records into columns. One per lane, called once a batch by the lane's thread; a new format is one more of these.
///
/// What `keys` and text cells point to stays valid until the next call or the decoder's end.
package protocol RecordDecoding: AnyObject {
  /// Fills the out arrays of the batch. A record with an event time after `latestTimestamp` (ms) is `timestampInFuture`.
  func decode(_ columns: RecordBatchColumns, latestTimestamp: Int64)

  /// The decoded records as a user's own type, for custom aggregations; nil if there are none. Valid as `keys` are.
  var events: UnsafeRawPointer? { get }
}
