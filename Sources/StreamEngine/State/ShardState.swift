/// Time of one input partition as the executor keeps it.
package struct InputTime: Sendable, Equatable {
  /// What its records vouch for: the largest accepted timestamp minus `maxDelay`, or what `WatermarkPlan` says; nil before the first.
  package var watermark: Int64?
  /// Marked idle by the lane, and no record since.
  package var idle: Bool

  package init(watermark: Int64? = nil, idle: Bool = false) {
    self.watermark = watermark
    self.idle = idle
  }
}

/// Pages that adjoin in memory.
package struct PageBlock: Sendable, Equatable {
  package var first: Int
  /// At least 2.
  package var count: Int

  package init(first: Int, count: Int) {
    self.first = first
    self.count = count
  }
}

/// One table of a shard's state, without its pages.
package struct TableState: Sendable, Equatable {
  package enum Kind: Int, Sendable, CaseIterable {
    /// A slice of event time; `start` is its start.
    case slice = 0
    /// Last revisions of keys of a window that came out again; `start` is the window's start.
    case marks = 1
    /// All sessions or all count windows; `start` is 0.
    case keyed = 2
    /// Offsets of the records of a stretch of event time that begins at `start`; it has no pages.
    case trail = 3
  }

  package var kind: Kind
  /// Milliseconds.
  package var start: Int64
  /// Milliseconds of event time; of `trail` only.
  package var span: Int64 = 0
  package var rowCount: Int
  package var largestRevision: Int
  /// Per input of the shard, the smallest offset that went in; `Int64.max` where none did. Empty for `marks` and `keyed`.
  package var firstOffsets: [Int64]
  /// Of the pages of keys and of blobs, those that adjoin because one piece is longer than a page.
  package var keyBlocks: [PageBlock] = []
  package var blobBlocks: [PageBlock] = []

  package init(kind: Kind, start: Int64, rowCount: Int = 0, largestRevision: Int = 0, firstOffsets: [Int64] = []) {
    self.kind = kind
    self.start = start
    self.rowCount = rowCount
    self.largestRevision = largestRevision
    self.firstOffsets = firstOffsets
  }
}

/// A page of a table's memory as it goes to disk.
package struct StatePage: Sendable, Equatable {
  package enum Kind: Int, Sendable, CaseIterable {
    /// Fixed-width rows of accumulators.
    case rows = 0
    /// The bytes of the keys.
    case keys = 1
    /// What does not fit into a row.
    case blobs = 2
    /// Rows and keys of the marks of a window.
    case markRows = 3
    case markKeys = 4
  }
  /// `start` of the table.
  package var tableStart: Int64
  package var kind: Kind
  /// Position of the page within its table and kind, from 0.
  package var number: Int
  package var bytes: [UInt8]

  package init(tableStart: Int64, kind: Kind, number: Int, bytes: [UInt8]) {
    self.tableStart = tableStart
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
  /// Windows that end up to here were let go; Int64.min for none. A longer lateness does not bring them back.
  package var letGo = Int64.min
  /// After windows were read again from the log.
  package var revisionFloor: RevisionFloor?
  /// Of the rows in `pages`.
  package var layout: StoredLayout?
  /// Every live table, by kind and in order of start.
  package var tables: [TableState]
  /// In a full snapshot all pages, otherwise the ones that changed since the last snapshot.
  package var pages: [StatePage]
  /// Starts of tables that ended since the last snapshot: all pages with that start go. Empty in a full one.
  package var removedTables: [Int64]
  /// True: `pages` is everything and replaces what was stored before.
  package var isFull: Bool

  package init(
    watermark: Int64?, allIdleSince: Int64? = nil, allIdleWatermark: Int64? = nil, inputs: [InputTime], tables: [TableState],
    pages: [StatePage], removedTables: [Int64] = [], isFull: Bool
  ) {
    self.watermark = watermark
    self.allIdleSince = allIdleSince
    self.allIdleWatermark = allIdleWatermark
    self.inputs = inputs
    self.tables = tables
    self.pages = pages
    self.removedTables = removedTables
    self.isFull = isFull
  }
}
