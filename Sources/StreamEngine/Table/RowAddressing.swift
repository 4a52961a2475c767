/// The numbers of a row layout that finding a row takes.
struct RowAddressing {
  /// A page holds `1 << shift` rows: as many as fit, rounded down to a power of two so that finding a row takes no division.
  let shift: Int
  let mask: Int
  let width: Int
  /// Most keys of a table.
  let maxKeys: Int

  var pageBytes: Int { width << shift }
  var rowsPerPage: Int { mask + 1 }

  init(width: Int, maxKeys: Int) {
    var shift = 0
    while (width << (shift + 1)) <= StateMemory.pageBytes { shift += 1 }
    self.shift = shift
    mask = (1 << shift) - 1
    self.width = width
    // An entry of a table has 32 bits for the row number + 1; half of them, so that rows that wait to go have numbers too.
    self.maxKeys = max(0, min(maxKeys, Int(UInt32.max >> 1)))
  }
}
