/// The one table of a state of sessions or count windows.
struct KeyedTableState {
  let table: TableState

  init(_ state: ShardState) throws(StateDamaged) {
    let keyed = state.tables.filter { $0.kind == .keyed }
    guard keyed.count == 1, let table = keyed.first, table.start == 0,
      !state.tables.contains(where: { $0.kind == .slice || $0.kind == .marks })
    else { throw StateDamaged(message: "the tables are of another kind of window") }
    self.table = table
  }
}

extension RowTable {
  /// As the one table of a state.
  var described: TableState {
    var state = TableState(kind: .keyed, start: 0, rowCount: rowCount)
    state.keyBlocks = keys.blocks
    state.blobBlocks = blobs.blocks
    return state
  }
}
