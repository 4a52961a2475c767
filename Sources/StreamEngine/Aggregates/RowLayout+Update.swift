extension RowLayout {
  /// Takes the records of a run into their rows, column by column.
  func update(_ columns: RecordColumns, _ run: RecordRun, memory: StateMemory) throws(StateLimitExceeded) {
    let count = run.count
    guard count > 0 else { return }
    let rows = RowPointers(run.rows)
    let records = UnsafePointer(run.records)
    for step in steps {
      let kinds = columns.cellKinds + step.field * columns.stride
      let bits = columns.cellBits + step.field * columns.stride
      switch step.kind {
      case .countAll: updateCountAll(rows, count, step.offset)
      case .count: updateCount(rows, records, count, kinds, step.offset)
      case .sum: updateSum(rows, records, count, kinds, bits, step.offset, step.kinds)
      case .min: updateMin(rows, records, count, kinds, bits, step.offset, step.kinds)
      case .max: updateMax(rows, records, count, kinds, bits, step.offset, step.kinds)
      case .moments: updateMoments(rows, records, count, kinds, bits, step.offset)
      case .quantiles: try updateQuantiles(run, kinds, bits, step.offset, memory)
      case .distinct: try updateDistinct(run, kinds, bits, step.offset, memory)
      case .first, .last: try updateHeld(run, columns, kinds, bits, step.offset, last: step.kind == .last, memory)
      case .custom:
        if let custom = step.custom, let events = columns.events { try updateCustom(run, events, custom, step.offset, memory) }
      }
    }
  }
}
