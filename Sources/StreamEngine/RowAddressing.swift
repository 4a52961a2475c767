/// The numbers of a `RowLayout` that finding a row takes.
struct RowAddressing {
  var shift: Int
  var mask: Int
  var width: Int
  /// Most rows of a slice.
  var maxRows: Int

  init(_ layout: RowLayout, maxKeys: Int) {
    shift = layout.pageShift
    mask = layout.rowsPerPage - 1
    width = layout.width
    // A table entry has 32 bits for the row number + 1.
    maxRows = max(0, min(maxKeys, Int(UInt32.max) - 1))
  }
}
