/// A window on its way out: which rows, and how far it has got.
struct WindowDrain {
  enum Kind {
    /// The watermark has reached its end.
    case firing
    /// It had fired, and late records changed it.
    case revision
    /// It is still open.
    case early
  }

  let end: Int64
  let kind: Kind
  /// A slice's table, or one that was merged for this.
  let source: TablePointer
  let isMerged: Bool
  /// Rows with one of these flags; 0: all.
  let filter: UInt16
  var row = 0

  func free(_ rows: RowAddressing, memory: StateMemory) {
    if isMerged { RowTable.free(source, rows, memory: memory) }
  }
}
