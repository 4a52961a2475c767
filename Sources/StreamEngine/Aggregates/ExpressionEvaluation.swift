extension Expression {
  /// Room for `evaluate`.
  static func makeStack() -> UnsafeMutablePointer<Cell> { .allocate(capacity: maxDepth) }

  /// The value over a result's cells, as a cell.
  func evaluate(_ kinds: UnsafePointer<UInt8>, _ bits: UnsafePointer<UInt64>, _ stack: UnsafeMutablePointer<Cell>) -> Cell {
    var depth = 0
    for step in steps {
      switch step {
      case .integer(let value): push((CellKind.integer, UInt64(bitPattern: value)))
      case .double(let value): push((CellKind.double, value.bitPattern))
      case .member(let place):
        guard kinds[place] == CellKind.integer || kinds[place] == CellKind.double else { return (CellKind.missing, 0) }
        push((kinds[place], bits[place]))
      case .negate:
        guard let value = Self.combine(.subtract, (CellKind.integer, 0), stack[depth - 1]) else { return (CellKind.missing, 0) }
        stack[depth - 1] = value
      case .add, .subtract, .multiply, .divide:
        guard let value = Self.combine(step, stack[depth - 2], stack[depth - 1]) else { return (CellKind.missing, 0) }
        depth -= 1
        stack[depth - 1] = value
      }
    }
    return stack[0]

    func push(_ cell: Cell) {
      stack[depth] = cell
      depth += 1
    }
  }

  private static func combine(_ step: Step, _ a: Cell, _ b: Cell) -> Cell? {
    if a.kind == CellKind.integer, b.kind == CellKind.integer {
      let (x, y) = (Int64(bitPattern: a.bits), Int64(bitPattern: b.bits))
      let exact: (partialValue: Int64, overflow: Bool)? =
        switch step {
        case .add: x.addingReportingOverflow(y)
        case .subtract: x.subtractingReportingOverflow(y)
        case .multiply: x.multipliedReportingOverflow(by: y)
        default: nil
        }
      if let exact, !exact.overflow { return (CellKind.integer, UInt64(bitPattern: exact.partialValue)) }
    }
    let (x, y) = (double(a), double(b))
    let value: Double
    switch step {
    case .add: value = x + y
    case .subtract: value = x - y
    case .multiply: value = x * y
    case .divide:
      guard y != 0 else { return nil }
      value = x / y
    default: return nil
    }
    return value.isFinite ? (CellKind.double, value.bitPattern) : nil
  }

  private static func double(_ cell: Cell) -> Double {
    cell.kind == CellKind.integer ? Double(Int64(bitPattern: cell.bits)) : Double(bitPattern: cell.bits)
  }
}
