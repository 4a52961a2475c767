/// Takes rows from a stored layout into another: accumulators that both have go on, others end, and new ones begin empty. What a row held
/// before is not in those, so it grows older by one (`RowFlags.age`), and they stay missing in its results.
struct LayoutConversion {
  /// The new layout, with the ages that its accumulators have in stored rows.
  private(set) var layout: RowLayout
  private let stored: StoredLayout
  /// Parts of a row that go on.
  private var moves: [(from: Int, to: Int, bytes: Int)] = []
  /// By how much rows grow older.
  private var step: UInt16 = 0
  /// More than any list of aggregations takes.
  private static let widestRow = 1 << 20

  init(of stored: StoredLayout, to layout: RowLayout) throws(StateDamaged) {
    self.layout = layout
    self.stored = stored
    moves = [(0, 0, layout.headerBytes)]
    let found = layout.places(in: stored)
    step = found.contains(nil) ? 1 : 0
    guard stored.width >= layout.headerBytes, stored.width <= Self.widestRow, stored.width & 7 == 0 else {
      throw StateDamaged(message: "rows of \(stored.width) bytes")
    }
    for (place, accumulator) in zip(layout.steps.indices, found) {
      let kind = layout.steps[place].kind
      guard let accumulator = accumulator.map({ stored.accumulators[$0] }) else { continue }
      guard accumulator.offset >= layout.headerBytes, accumulator.offset & 7 == 0, accumulator.offset <= stored.width - kind.bytes else {
        throw StateDamaged(message: "an accumulator at \(accumulator.offset) of a row")
      }
      moves.append((accumulator.offset, layout.steps[place].offset, kind.bytes))
      guard let byte = kind.kindsByte else { continue }
      guard accumulator.kinds >= layout.headerBytes, accumulator.kinds <= stored.width - 8 else {
        throw StateDamaged(message: "kinds at \(accumulator.kinds) of a row")
      }
      moves.append((accumulator.kinds + byte, layout.steps[place].kinds + byte, 1))
    }
    self.layout.continueAges(of: stored)
  }

  /// Rows have to be rewritten.
  var isNeeded: Bool { !stored.looksLike(layout.stored) }

  /// `isEmpty`: a row that holds no record.
  func convert(_ state: ShardState, isEmpty: (UnsafeRawPointer) -> Bool) throws(StateDamaged) -> ShardState {
    let (from, to) = (RowAddressing(width: stored.width, maxKeys: 0), RowAddressing(width: layout.width, maxKeys: 0))
    let pages = try PagesOfTables(state)
    var result = state
    result.layout = layout.stored
    result.pages.removeAll { $0.kind == .rows }
    for table in state.tables where table.kind == .slice || table.kind == .keyed {
      let source = pages.of(table.start, .rows)
      try from.check(source, rowCount: table.rowCount, name: "table \(table.start)")
      for number in 0..<(table.rowCount + to.rowsPerPage - 1) / to.rowsPerPage {
        let rows = number * to.rowsPerPage..<min(table.rowCount, (number + 1) * to.rowsPerPage)
        result.pages.append(
          StatePage(tableStart: table.start, kind: .rows, number: number, bytes: convert(rows, of: source, from, isEmpty)))
      }
    }
    return result
  }

  private func convert(
    _ rows: Range<Int>, of pages: [ArraySlice<UInt8>], _ from: RowAddressing, _ isEmpty: (UnsafeRawPointer) -> Bool
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: rows.count * layout.width) { target, count in
      target.initialize(repeating: 0)
      count = rows.count * layout.width
      guard let base = UnsafeMutableRawPointer(target.baseAddress) else { return }
      for (place, row) in rows.enumerated() {
        let to = base + place * layout.width
        pages[row >> from.shift].withUnsafeBytes { page in
          guard let from = page.baseAddress.map({ $0 + (row & from.mask) * from.width }) else { return }
          for move in moves { (to + move.to).copyMemory(from: from + move.from, byteCount: move.bytes) }
        }
        if !isEmpty(to) { to.rowAge = min(RowFlags.oldest, to.rowAge + step) }
      }
    }
  }
}
