extension WindowPlan {
  /// Bytes in front of the accumulators of a row.
  var rowHeaderBytes: Int {
    switch self {
    case .tumbling, .sliding: RowHeader.bytes
    case .session: SessionHeader.bytes
    case .count: CountHeader.bytes
    }
  }

  /// Their contents are a function of records and watermarks alone.
  var canReplay: Bool {
    if case .count = self { false } else { true }
  }

  /// A stored row that holds no record: its place is free, or the key's next count window has not begun.
  func isEmptyRow(_ row: UnsafeRawPointer) -> Bool {
    let isUsed = row.load(fromByteOffset: RowHeader.flags, as: UInt16.self) & RowFlags.used != 0
    return switch self {
    case .tumbling, .sliding: false
    case .session: !isUsed
    case .count: !isUsed || row.load(fromByteOffset: CountHeader.count, as: Int64.self) == 0
    }
  }

  func makeOperator(_ configuration: ExecutorConfiguration, _ layout: RowLayout, inputs: Int, _ memory: StateMemory)
    -> any WindowOperator
  {
    switch self {
    case .tumbling(let size, let offset):
      SlicedWindows(
        grid: SliceGrid(size: size, slide: size, offset: offset), configuration: configuration, layout: layout, inputs: inputs,
        memory: memory)
    case .sliding(let size, let slide, let offset):
      SlicedWindows(
        grid: SliceGrid(size: size, slide: slide, offset: offset), configuration: configuration, layout: layout, inputs: inputs,
        memory: memory)
    case .session(let gap):
      SessionWindows(gap: gap, configuration: configuration, layout: layout, inputs: inputs, memory: memory)
    case .count(let count, let maxAge):
      CountWindows(count: count, maxAge: maxAge, configuration: configuration, layout: layout, memory: memory)
    }
  }
}
