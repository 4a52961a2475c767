extension RowAddressing {
  /// Every stored page there, each with the rows it must hold.
  func check(_ pages: [ArraySlice<UInt8>], rowCount: Int, name: String) throws(StateDamaged) {
    guard rowCount >= 0, rowCount < Int(UInt32.max) else { throw StateDamaged(message: "\(name): \(rowCount) rows") }
    let (full, rest) = rowCount.quotientAndRemainder(dividingBy: rowsPerPage)
    guard pages.count == full + (rest > 0 ? 1 : 0) else {
      throw StateDamaged(message: "\(name): \(pages.count) pages of rows for \(rowCount) rows")
    }
    for (number, page) in pages.enumerated() {
      let bytes = (number < full ? rowsPerPage : rest) * width
      guard page.count == bytes else {
        throw StateDamaged(message: "\(name): page of rows \(number) has \(page.count) bytes, not \(bytes)")
      }
    }
  }
}
