/// Time of one input partition as the executor keeps it.
package struct InputTime: Sendable, Equatable {
  /// Largest accepted timestamp minus `maxDelay`; nil before the first record.
  package var watermark: Int64?
  /// Marked idle by the lane, and no record since.
  package var idle: Bool

  package init(watermark: Int64? = nil, idle: Bool = false) {
    self.watermark = watermark
    self.idle = idle
  }
}

/// One live slice, without its pages.
package struct SliceState: Sendable, Equatable {
  /// Start of the slice, milliseconds.
  package var start: Int64
  package var rowCount: Int
  package var keyBytes: Int
  /// Results of this slice went out (the window is kept for late records).
  package var fired: Bool
  /// Largest revision emitted for any row of it; 0 before it fired.
  package var largestRevision: Int
  /// Per input of the shard, the smallest offset that went into the slice; `Int64.max` where none did.
  package var firstOffsets: [Int64]

  package init(start: Int64, rowCount: Int, keyBytes: Int, fired: Bool, largestRevision: Int, firstOffsets: [Int64]) {
    self.start = start
    self.rowCount = rowCount
    self.keyBytes = keyBytes
    self.fired = fired
    self.largestRevision = largestRevision
    self.firstOffsets = firstOffsets
  }
}

/// A page of a slice's memory as it goes to disk.
package struct StatePage: Sendable, Equatable {
  package enum Kind: Int, Sendable {
    /// Fixed-width rows of accumulators.
    case rows = 0
    /// The bytes of the keys.
    case keys = 1
  }
  package var sliceStart: Int64
  package var kind: Kind
  /// Position of the page within its slice and kind, from 0.
  package var number: Int
  package var bytes: [UInt8]

  package init(sliceStart: Int64, kind: Kind, number: Int, bytes: [UInt8]) {
    self.sliceStart = sliceStart
    self.kind = kind
    self.number = number
    self.bytes = bytes
  }
}

/// The state of a shard at a batch boundary: everything but offsets, which belong to the lane.
package struct ShardState: Sendable, Equatable {
  /// nil: minus infinity.
  package var watermark: Int64?
  /// While all inputs are idle: the wall clock (ms) when the last one went idle, and the watermark then; event time goes on from there.
  package var allIdleSince: Int64?
  package var allIdleWatermark: Int64?
  package var inputs: [InputTime]
  /// Every live slice, in order of start.
  package var slices: [SliceState]
  /// In a full snapshot all pages, otherwise the ones that changed since the last snapshot.
  package var pages: [StatePage]
  /// Slices that ended since the last snapshot. Empty in a full one.
  package var removedSlices: [Int64]
  /// True: `pages` is everything and replaces what was stored before.
  package var isFull: Bool

  package init(
    watermark: Int64?, allIdleSince: Int64? = nil, allIdleWatermark: Int64? = nil, inputs: [InputTime], slices: [SliceState],
    pages: [StatePage], removedSlices: [Int64] = [], isFull: Bool
  ) {
    self.watermark = watermark
    self.allIdleSince = allIdleSince
    self.allIdleWatermark = allIdleWatermark
    self.inputs = inputs
    self.slices = slices
    self.pages = pages
    self.removedSlices = removedSlices
    self.isFull = isFull
  }
}
