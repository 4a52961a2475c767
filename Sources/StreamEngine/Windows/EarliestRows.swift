/// Of many rows those whose windows end first, up to a limit.
struct EarliestRows {
  let limit: Int
  private var rows: [(end: Int64, row: Int)] = []
  /// No later end is among the first `limit`.
  private var latest = Int64.max

  init(limit: Int) { self.limit = max(0, limit) }

  mutating func add(_ end: Int64, _ row: Int) {
    guard end <= latest else { return }
    rows.append((end, row))
    // Twice the limit, so that sorting costs a logarithm a row.
    if rows.count > 2 * limit { cut() }
  }

  private mutating func cut() {
    rows.sort { ($0.end, $0.row) < ($1.end, $1.row) }
    guard rows.count > limit else { return }
    rows.removeSubrange(limit...)
    latest = rows.last?.end ?? Int64.min
  }

  /// In order of end.
  mutating func inOrder() -> [Int] {
    cut()
    return rows.map(\.row)
  }
}
