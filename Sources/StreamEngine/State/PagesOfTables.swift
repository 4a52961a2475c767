/// The pages of a stored state sorted by table, kind and number. Refuses pages of unknown tables, gaps and doubles.
struct PagesOfTables {
  private struct Place: Hashable {
    var start: Int64
    var kind: StatePage.Kind
  }

  private var pages: [Place: [ArraySlice<UInt8>]] = [:]

  init(_ state: ShardState) throws(StateDamaged) {
    let marked = Set(state.tables.lazy.filter { $0.kind == .marks }.map(\.start))
    let others = Set(state.tables.lazy.filter { $0.kind != .marks }.map(\.start))
    let sorted = state.pages.sorted { ($0.tableStart, $0.kind.rawValue, $0.number) < ($1.tableStart, $1.kind.rawValue, $1.number) }
    for page in sorted {
      let known = [.markRows, .markKeys].contains(page.kind) ? marked : others
      guard known.contains(page.tableStart) else {
        throw StateDamaged(message: "a page belongs to table \(page.tableStart), which is not there")
      }
      let place = Place(start: page.tableStart, kind: page.kind)
      let count = pages[place]?.count ?? 0
      guard page.number == count else {
        throw StateDamaged(message: "table \(page.tableStart): page \(page.number) stands where \(count) belongs")
      }
      pages[place, default: []].append(page.bytes[...])
    }
  }

  func of(_ start: Int64, _ kind: StatePage.Kind) -> [ArraySlice<UInt8>] { pages[Place(start: start, kind: kind)] ?? [] }
}
