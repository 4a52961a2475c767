extension RowLayout {
  /// Adds all that went into one row to another. The keys stay as they are.
  func merge(
    _ from: UnsafeMutableRawPointer, of source: TablePointer, into to: UnsafeMutableRawPointer, of target: TablePointer,
    memory: StateMemory
  ) throws(StateLimitExceeded) {
    if from.rowAge > to.rowAge { to.rowAge = from.rowAge }
    for step in steps {
      let (a, b) = (to + step.offset, from + step.offset)
      switch step.kind {
      case .countAll, .count:
        a.storeBytes(of: a.load(as: Int64.self) &+ b.load(as: Int64.self), as: Int64.self)
      case .sum: mergeSum(a, b, to + step.kinds + 2, from + step.kinds + 2)
      case .min: mergeExtreme(a, b, to + step.kinds, from + step.kinds, smallest: true)
      case .max: mergeExtreme(a, b, to + step.kinds + 1, from + step.kinds + 1, smallest: false)
      case .moments: mergeMoments(a, b)
      case .quantiles: try QuantileSketch.merge(BlobCell(b, source), into: BlobCell(a, target), memory: memory)
      case .distinct: try DistinctSet.merge(BlobCell(b, source), into: BlobCell(a, target), memory: memory)
      case .first, .last:
        try HeldScalar(a, target).merge(HeldScalar(b, source), last: step.kind == .last, memory: memory)
      case .custom:
        let other = BlobCell(b, source)
        guard let custom = step.custom, !other.isNone else { continue }
        var state = customState(BlobCell(a, target), custom)
        custom.merge(&state, customState(other, custom))
        try storeCustom(state, in: BlobCell(a, target), memory)
      }
    }
  }

  /// Gives up what a row that goes holds outside of itself.
  func giveUpBlobs(_ row: UnsafeMutableRawPointer, of table: TablePointer) {
    for step in steps {
      switch step.kind {
      case .quantiles, .distinct, .custom: BlobCell(row + step.offset, table).giveUp()
      case .first, .last:
        let held = HeldScalar(row + step.offset, table)
        if held.kind == CellKind.text { held.text.giveUp() }
      default: break
      }
    }
  }

  /// Moves what a row holds outside of itself into another arena.
  func moveBlobs(_ row: UnsafeMutableRawPointer, of table: TablePointer, to arena: inout ByteArena, memory: StateMemory)
    throws(StateLimitExceeded)
  {
    for step in steps {
      switch step.kind {
      case .quantiles, .distinct, .custom: try BlobCell(row + step.offset, table).move(to: &arena, memory: memory)
      case .first, .last:
        let held = HeldScalar(row + step.offset, table)
        if held.kind == CellKind.text { try held.text.move(to: &arena, memory: memory) }
      default: break
      }
    }
  }
}

extension RowLayout {
  /// Puts the blobs that are in use one behind the other into a new arena. The table's rows go one by one.
  func moveBlobs(of table: TablePointer, _ rows: RowAddressing, memory: StateMemory) {
    var fresh = ByteArena()
    memory.addUnchecked(ByteArena.firstBytes)
    // For a moment both are there; the next new key meets the limit.
    memory.limited = false
    defer { memory.limited = true }
    for number in 0..<table.pointee.rowCount {
      let row = table.pointee.row(number, rows)
      guard row.rowFlags & RowFlags.used != 0 else { continue }
      try? moveBlobs(row, of: table, to: &fresh, memory: memory)
      table.pointee.markDirty(number, rows)
    }
    table.pointee.blobs.free(memory: memory)
    table.pointee.blobs = fresh
  }
}

/// `a`, `b`: the sums; `seenA`, `seenB`: which kinds went into them.
private func mergeSum(
  _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, _ seenA: UnsafeMutableRawPointer, _ seenB: UnsafeMutableRawPointer
) {
  let (words, others) = (a.assumingMemoryBound(to: UInt64.self), b.assumingMemoryBound(to: UInt64.self))
  let (low, carry) = words[0].addingReportingOverflow(others[0])
  words[0] = low
  words[1] = words[1] &+ others[1] &+ (carry ? 1 : 0)
  let (parts, more) = ((a + 16).assumingMemoryBound(to: Double.self), (b + 16).assumingMemoryBound(to: Double.self))
  let old = parts[0]
  let sum = old + more[0]
  let part = sum - old
  parts[0] = sum
  parts[1] += ((old - (sum - part)) + (more[0] - part)) + more[1]
  seenA.storeBytes(of: seenA.load(as: UInt8.self) | seenB.load(as: UInt8.self), as: UInt8.self)
}

private func mergeExtreme(
  _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, _ kindA: UnsafeMutableRawPointer, _ kindB: UnsafeMutableRawPointer,
  smallest: Bool
) {
  let (held, offered) = (kindA.load(as: UInt8.self), kindB.load(as: UInt8.self))
  guard offered != CellKind.missing else { return }
  let (bits, more) = (a.load(as: UInt64.self), b.load(as: UInt64.self))
  let takes = smallest ? precedes(offered, more, held, bits) : precedes(held, bits, offered, more)
  if held == CellKind.missing || takes {
    kindA.storeBytes(of: offered, as: UInt8.self)
    a.storeBytes(of: more, as: UInt64.self)
  }
}

/// Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979.
private func mergeMoments(_ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer) {
  let (n, more) = (a.load(as: Int64.self), b.load(as: Int64.self))
  guard more > 0 else { return }
  guard n > 0 else { return a.copyMemory(from: b, byteCount: 24) }
  let (moments, others) = ((a + 8).assumingMemoryBound(to: Double.self), (b + 8).assumingMemoryBound(to: Double.self))
  let sum = Double(n &+ more)
  let distance = others[0] - moments[0]
  moments[0] += distance * (Double(more) / sum)
  moments[1] += others[1] + distance * distance * (Double(n) * Double(more) / sum)
  a.storeBytes(of: n &+ more, as: Int64.self)
}
