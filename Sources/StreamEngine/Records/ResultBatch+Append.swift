extension ResultBatch {
  /// Takes the result of a row. The key stays where it is; texts of custom aggregations are copied.
  func append(
    _ row: UnsafeMutableRawPointer, of table: TablePointer, _ layout: RowLayout, _ window: WindowSpan, revision: Int64,
    sequence: Int64 = 0, flags: UInt8 = 0, stack: UnsafeMutablePointer<Cell>
  ) {
    let result = count
    keys[result] = table.pointee.key(ofRow: row)
    keyLengths[result] = Int32(truncatingIfNeeded: row.rowKeyLength)
    windowStarts[result] = window.start
    windowEnds[result] = window.end
    revisions[result] = revision
    sequences[result] = sequence
    self.flags[result] = flags
    let kinds = cellKinds + result * aggregationCount
    let bits = cellBits + result * aggregationCount
    var member = 0
    for output in layout.outputs {
      var value = resultCell(output, row, of: table, window)
      if output.plan.function == .custom, row.rowAge <= output.age, let custom = output.plan.custom {
        value = cell(custom.result(customState(BlobCell(row + output.value, table), custom)))
      }
      kinds[member] = value.kind
      bits[member] = value.bits
      member += 1
    }
    for member in layout.expressions {
      guard let value = layout.outputs[member].plan.expression?.evaluate(kinds, bits, stack) else { continue }
      kinds[member] = value.kind
      bits[member] = value.bits
    }
    count = result + 1
  }

  private func cell(_ value: CustomAggregation.Value) -> Cell {
    switch value {
    case .missing: (CellKind.missing, 0)
    case .integer(let value): (CellKind.integer, UInt64(bitPattern: value))
    case .double(let value): value.isFinite ? (CellKind.double, value.bitPattern) : (CellKind.missing, 0)
    case .boolean(let value): (CellKind.boolean, value ? 1 : 0)
    case .text(let text): (CellKind.text, keep(text))
    }
  }
}
