/// Where event time stood when the records were processed that are read again.
package struct ReplayStart: Sendable, Equatable {
  /// Of the shard; nil: minus infinity.
  package var watermark: Int64?
  /// Of each input.
  package var inputs: [Int64?]
  /// The largest revision that went out for a window still kept.
  package var largestRevision: Int

  package init(watermark: Int64?, inputs: [Int64?], largestRevision: Int) {
    self.watermark = watermark
    self.inputs = inputs
    self.largestRevision = largestRevision
  }
}
