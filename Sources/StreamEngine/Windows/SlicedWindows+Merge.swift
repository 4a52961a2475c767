extension SlicedWindows {
  /// A table of all keys of a window, merged over its slices.
  func mergedWindow(_ end: Int64, _ slices: ArraySlice<SlicePointer>) throws(StateLimitExceeded) -> TablePointer {
    let table = try RowTable.make(memory: memory)
    do throws(StateLimitExceeded) {
      if let slides = grid.slides(ofEnd: end), slides.upperBound - slides.lowerBound >= SliceBlocks.fewestSlides {
        for block in SliceBlocks.cover(slides) { try add(block, to: table) }
        // What lies behind the last whole slide.
        let rest = position(grid.start(ofSlide: slides.upperBound))..<position(end)
        for slice in self.slices[rest] { try add(slice.pointee.table, to: table) }
        blocks.removeAll(before: slides.lowerBound + 1, rows, memory: memory)
      } else {
        for slice in slices { try add(slice.pointee.table, to: table) }
      }
    } catch {
      RowTable.free(table, rows, memory: memory)
      throw error
    }
    return table
  }

  /// Adds a block, which is made if it is not there.
  private func add(_ block: SliceBlocks.Block, to table: TablePointer) throws(StateLimitExceeded) {
    let members = position(grid.start(ofSlide: block.first))..<position(grid.start(ofSlide: block.first + block.length))
    if members.count <= 1 || block.level == 0 {
      for slice in slices[members] { try add(slice.pointee.table, to: table) }
      return
    }
    if let known = blocks[block] { return try add(known, to: table) }
    let merged = try RowTable.make(memory: memory)
    do throws(StateLimitExceeded) {
      for part in 0..<4 { try add(SliceBlocks.Block(level: block.level - 1, index: block.index * 4 + Int64(part)), to: merged) }
    } catch {
      RowTable.free(merged, rows, memory: memory)
      throw error
    }
    blocks.keep(merged, as: block)
    try add(merged, to: table)
  }

  /// Tables that together hold the window: blocks that are there, else slices.
  func parts(ofEnd end: Int64) -> [TablePointer] {
    guard let slides = grid.slides(ofEnd: end), slides.upperBound - slides.lowerBound >= SliceBlocks.fewestSlides else {
      return members(ofEnd: end).map { $0.pointee.table }
    }
    var parts: [TablePointer] = []
    var waiting = Array(SliceBlocks.cover(slides).reversed())
    while let block = waiting.popLast() {
      let members = position(grid.start(ofSlide: block.first))..<position(grid.start(ofSlide: block.first + block.length))
      if let known = blocks[block] {
        parts.append(known)
      } else if members.count <= 1 || block.level == 0 {
        parts += slices[members].map { $0.pointee.table }
      } else {
        for part in 0..<4 { waiting.append(SliceBlocks.Block(level: block.level - 1, index: block.index * 4 + Int64(part))) }
      }
    }
    return parts + slices[position(grid.start(ofSlide: slides.upperBound))..<position(end)].map { $0.pointee.table }
  }

  /// A table of those keys that have a row with the flag in some slice, merged over all of the window.
  func mergedKeys(_ end: Int64, _ slices: ArraySlice<SlicePointer>, with flag: UInt16) throws(StateLimitExceeded) -> TablePointer {
    let parts = parts(ofEnd: end)
    let table = try RowTable.make(memory: memory)
    do throws(StateLimitExceeded) {
      for slice in slices where slice.pointee.table.pointee.changes & flag != 0 {
        try addKeys(of: slice.pointee.table, with: flag, from: parts, to: table)
      }
    } catch {
      RowTable.free(table, rows, memory: memory)
      throw error
    }
    return table
  }

  private func addKeys(
    of source: TablePointer, with flag: UInt16, from parts: [TablePointer], to table: TablePointer
  ) throws(StateLimitExceeded) {
    for number in 0..<source.pointee.rowCount {
      let row = source.pointee.row(number, rows)
      guard row.rowFlags & flag != 0 else { continue }
      let (key, length) = (source.pointee.key(ofRow: row), row.rowKeyLength)
      let hash = hashKey(key, length, secret)
      guard findRow(table, hash, key, length, rows) == nil else { continue }
      let merged = try addRow(table, hash, key, length, mergedRows, memory)
      for part in parts {
        guard let place = findRow(part, hash, key, length, rows) else { continue }
        try layout.merge(part.pointee.row(place, rows), of: part, into: table.pointee.row(merged, rows), of: table, memory: memory)
      }
    }
  }

  /// Adds every row of a table to another.
  private func add(_ source: TablePointer, to table: TablePointer) throws(StateLimitExceeded) {
    for number in 0..<source.pointee.rowCount {
      let row = source.pointee.row(number, rows)
      let (key, length) = (source.pointee.key(ofRow: row), row.rowKeyLength)
      let hash = hashKey(key, length, secret)
      let place: Int
      if let found = findRow(table, hash, key, length, rows) {
        place = found
      } else {
        place = try addRow(table, hash, key, length, mergedRows, memory)
      }
      try layout.merge(row, of: source, into: table.pointee.row(place, rows), of: table, memory: memory)
    }
  }
}
