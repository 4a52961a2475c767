extension ExecutorConfiguration {
  /// Names the layout of the rows that an executor of this configuration stores. A state may only be restored under the same text:
  /// rows of the same width can mean different things.
  package var stateLayout: String {
    let layout = RowLayout(aggregations, fieldCount: fieldCount)
    let steps = layout.steps.map { "\($0.kind)(\($0.kind == .countAll ? "" : String($0.field)))" }
    return "rows1;\(layout.width);\(layout.pageShift);" + steps.joined(separator: ",")
  }
}
