extension RowTable {
  /// Copies pages, all or those that changed, and clears their marks.
  static func copyPages(_ table: TablePointer, start: Int64, marks: Bool = false, all: Bool, into state: inout ShardState, _ spare: inout SparePages) {
    copy(table.pointee.rowPages, marks ? .markRows : .rows, start, all, &state, &spare)
    copy(table.pointee.keys.list, marks ? .markKeys : .keys, start, all, &state, &spare)
    if !marks { copy(table.pointee.blobs.list, .blobs, start, all, &state, &spare) }
  }

  private static func copy(_ list: PageList, _ kind: StatePage.Kind, _ start: Int64, _ all: Bool, _ state: inout ShardState, _ spare: inout SparePages) {
    for number in 0..<list.count {
      let page = list.pages + number
      guard all || page.pointee.flags & Page.dirty != 0 else { continue }
      page.pointee.flags &= ~Page.dirty
      state.pages.append(
        StatePage(
          tableStart: start, kind: kind, number: number,
          bytes: spare.copy(UnsafeRawBufferPointer(start: page.pointee.base, count: Int(page.pointee.used)))))
    }
  }
}
