extension ExecutorConfiguration {
  /// Names the layout of the rows that an executor of this configuration stores. A state may only be restored under the same text:
  /// rows of the same width can mean different things.
  package var stateLayout: String {
    let layout = RowLayout(aggregations, fieldCount: fieldCount, headerBytes: RowHeader.bytes)
    let steps = layout.steps.map { step in
      switch step.kind {
      case .countAll: "countAll"
      case .custom: "custom(\(step.custom?.identity ?? ""))"
      default: "\(step.kind)(\(step.field))"
      }
    }
    return "rows2;\(layout.width);" + steps.joined(separator: ",")
  }
}
