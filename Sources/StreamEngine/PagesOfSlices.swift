/// The pages of a stored state sorted by slice, kind and number. Refuses pages of unknown slices, gaps and doubles.
struct PagesOfSlices {
  private var rows: [Int64: [ArraySlice<UInt8>]] = [:]
  private var keys: [Int64: [ArraySlice<UInt8>]] = [:]

  init(_ state: ShardState) throws(StateDamaged) {
    let starts = Set(state.slices.map(\.start))
    let sorted = state.pages.sorted { ($0.sliceStart, $0.kind.rawValue, $0.number) < ($1.sliceStart, $1.kind.rawValue, $1.number) }
    for page in sorted {
      guard starts.contains(page.sliceStart) else {
        throw StateDamaged(message: "a page belongs to slice \(page.sliceStart), which is not there")
      }
      let place = of(page.sliceStart, page.kind).count
      guard page.number == place else {
        throw StateDamaged(message: "slice \(page.sliceStart): page \(page.number) stands where \(place) belongs")
      }
      switch page.kind {
      case .rows: rows[page.sliceStart, default: []].append(page.bytes[...])
      case .keys: keys[page.sliceStart, default: []].append(page.bytes[...])
      }
    }
  }

  func of(_ slice: Int64, _ kind: StatePage.Kind) -> [ArraySlice<UInt8>] {
    switch kind {
    case .rows: rows[slice] ?? []
    case .keys: keys[slice] ?? []
    }
  }
}
