/// Rows of a table in order of the time at which something is due for them: a binary heap in which each row knows its place, so that
/// it can leave early.
struct TimerHeap {
  private struct Item {
    var due: Int64
    var row: Int
  }

  private var items: [Item] = []
  private let table: TablePointer
  private let rows: RowAddressing
  /// Where a row keeps its place + 1 (UInt32).
  private let offset: Int

  init(_ table: TablePointer, _ rows: RowAddressing, placeAt offset: Int) {
    self.table = table
    self.rows = rows
    self.offset = offset
  }

  /// Bytes that one row takes.
  static let bytesPerRow = MemoryLayout<Item>.stride

  /// The row that is due first.
  var first: (due: Int64, row: Int)? { items.first.map { ($0.due, $0.row) } }

  private func place(of row: Int) -> Int { Int(table.pointee.row(row, rows).load(fromByteOffset: offset, as: UInt32.self)) - 1 }

  private func note(_ place: Int) {
    table.pointee.row(items[place].row, rows).storeBytes(of: UInt32(place + 1), toByteOffset: offset, as: UInt32.self)
  }

  /// Adds a row, or moves one that is there.
  mutating func set(_ row: Int, due: Int64) {
    let known = place(of: row)
    if known >= 0 {
      items[known].due = due
      sink(rise(known))
      return
    }
    items.append(Item(due: due, row: row))
    note(items.count - 1)
    _ = rise(items.count - 1)
  }

  mutating func remove(_ row: Int) {
    let place = place(of: row)
    guard place >= 0 else { return }
    table.pointee.row(row, rows).storeBytes(of: 0, toByteOffset: offset, as: UInt32.self)
    let last = items.removeLast()
    guard place < items.count else { return }
    items[place] = last
    note(place)
    sink(rise(place))
  }

  /// Returns where the item came to stand.
  private mutating func rise(_ start: Int) -> Int {
    var place = start
    while place > 0, items[place].due < items[(place - 1) / 2].due {
      swap(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
    return place
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var smallest = place
      for child in (2 * place + 1)..<(2 * place + 3) where child < items.count && items[child].due < items[smallest].due { smallest = child }
      if smallest == place { return }
      swap(place, smallest)
      place = smallest
    }
  }

  private mutating func swap(_ a: Int, _ b: Int) {
    items.swapAt(a, b)
    note(a)
    note(b)
  }
}
