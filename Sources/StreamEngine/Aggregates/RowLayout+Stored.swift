extension RowLayout {
  /// What is written beside rows of this layout.
  var stored: StoredLayout {
    StoredLayout(
      width: width,
      accumulators: steps.map {
        StoredLayout.Accumulator(kind: $0.name, column: $0.column, offset: $0.offset, kinds: $0.kinds, age: Int($0.age))
      })
  }

  /// For each step which accumulator holds the same; nil for what is new.
  func places(in stored: StoredLayout) -> [Int?] {
    var free = Set(stored.accumulators.indices)
    return steps.map { step in
      let place = free.sorted().first { stored.accumulators[$0].kind == step.name && stored.accumulators[$0].column == step.column }
      if let place { free.remove(place) }
      return place
    }
  }

  /// The steps get the ages that they have in rows of that layout once these have been converted.
  mutating func continueAges(of stored: StoredLayout) {
    let found = places(in: stored)
    let step = found.contains(nil) ? 1 : 0
    setAges(found.map { place in
      guard let place else { return 0 }
      // One less than the oldest row may have: that lacks more than is known.
      return UInt16(clamping: min(Int(RowFlags.oldest) - 1, max(0, min(Int(RowFlags.oldest), stored.accumulators[place].age)) + step))
    })
  }
}

extension ExecutorConfiguration {
  /// Places of the aggregations that are missing in the results of windows that were open under `old`: they did not see all records.
  package func aggregationsMissing(after old: ExecutorConfiguration) -> [Int] {
    var layout = RowLayout(self, headerBytes: RowHeader.bytes)
    let before = RowLayout(old, headerBytes: RowHeader.bytes).stored
    guard layout.places(in: before).contains(nil) else { return [] }
    layout.continueAges(of: before)
    return layout.outputs.indices.filter { layout.outputs[$0].age == 0 }
  }
}
