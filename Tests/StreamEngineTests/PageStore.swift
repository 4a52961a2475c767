import StreamEngine

/// Keeps pages as a store does: a full snapshot replaces all, a delta replaces single pages and drops slices.
struct PageStore {
  private struct Place: Hashable {
    var slice: Int64
    var kind: StatePage.Kind
    var number: Int
  }
  private var pages: [Place: StatePage] = [:]
  private var latest: ShardState?

  mutating func apply(_ state: ShardState) {
    if state.isFull { pages = [:] }
    let removed = Set(state.removedTables)
    pages = pages.filter { !removed.contains($0.key.slice) }
    for page in state.pages { pages[Place(slice: page.tableStart, kind: page.kind, number: page.number)] = page }
    latest = state
  }

  /// The state as read back, pages in no particular order.
  func load() -> ShardState? {
    guard var state = latest else { return nil }
    state.pages = Array(pages.values)
    state.removedTables = []
    state.isFull = true
    return state
  }
}
