extension SlicedWindows {
  func assign(
    _ columns: RecordColumns, from: Int, to: Int, now: Int64, run: inout RecordRun, clock: inout ShardClock,
    counters: inout ExecutorCounters
  ) throws(StateLimitExceeded) -> Int {
    let next = try judge(
      columns, from: from, to: min(to, from + RecordRun.capacity), latest: clock.latestTimestamp(now: now), run: &run, clock: &clock,
      counters: &counters)
    try locateRows(columns, run, rows, memory, secret)
    return next
  }

  /// Judges records one by one and gives each that counts its slice, up to the first one that moves the watermark to where a window
  /// fires or a slice is let go: that one is the last of the run.
  private func judge(
    _ columns: RecordColumns, from: Int, to: Int, latest: Int64, run: inout RecordRun, clock: inout ShardClock,
    counters: inout ExecutorCounters
  ) throws(StateLimitExceeded) -> Int {
    var count = 0
    var late: Int64 = 0
    var dropped: Int64 = 0
    var skewed: Int64 = 0
    var index = from
    // The slice of the record before: most records follow into the same one. Valid for this run only, in which no window ends.
    var slice: SlicePointer?
    var start = Int64.max
    var end = Int64.min
    var isLate = false
    run.count = 0
    while index < to {
      let record = index
      index += 1
      if isToAggregate(columns, record, latest: latest, &clock, &counters) {
        // No window is open at the last moment of Int64, and near the first one windows would lose their starts.
        let timestamp = min(max(columns.timestamps[record], Int64.min / 2), Int64.max - 1)
        let input = Int(columns.inputs[record])
        precondition(input >= 0 && input < inputs)
        if timestamp < start || timestamp >= end {
          (start, end) = grid.slice(of: timestamp)
          slice = try openSlice(timestamp, clock.watermark)
          isLate = slice.map { $0.pointee.lastEnd <= clock.watermark } ?? false
        }
        if let slice {
          if isLate { late &+= 1 }
          let first = slice.pointee.firstOffsets + input
          first.pointee = min(first.pointee, columns.offsets[record])
          run.records[count] = Int32(truncatingIfNeeded: record)
          run.tables[count] = slice.pointee.table
          count += 1
        } else {
          dropped &+= 1
        }
        if let outcomes = columns.outcomes {
          outcomes[record] = slice == nil ? RecordOutcome.lateDropped : (isLate ? RecordOutcome.lateAccepted : RecordOutcome.onTime)
        }
        if !clock.observe(columns, record, latest: latest) { skewed &+= 1 }
      }
      if clock.watermark >= nextEvent { break }
    }
    run.count = count
    counters.onTime &+= Int64(count) &- late
    counters.lateAccepted &+= late
    counters.lateDropped &+= dropped
    counters.futureSkewed &+= skewed
    return index
  }
}

/// Finds the row of each record of the run, or adds it, and marks its page.
private func locateRows(
  _ columns: RecordColumns, _ run: RecordRun, _ rows: RowAddressing, _ memory: StateMemory, _ secret: HashSecret
) throws(StateLimitExceeded) {
  for k in 0..<run.count {
    let record = Int(run.records[k])
    run.hashes[k] = hashKey(columns.keys[record], Int(columns.keyLengths[record]), secret)
  }
  if run.count > 0, run.tables[run.count - 1].pointee.keyCount > RecordRun.cachedKeys { run.readAhead(rows) }
  for k in 0..<run.count {
    let record = Int(run.records[k])
    let table = run.tables[k]
    let key = columns.keys[record]
    let length = max(0, Int(columns.keyLengths[record]))
    var number: Int
    var flags = table.pointee.touch
    if let found = findRow(table, run.hashes[k], key, length, rows) {
      number = found
    } else {
      number = try addRow(table, run.hashes[k], key, length, rows, memory)
      if flags & RowFlags.late != 0 { flags |= RowFlags.new }
    }
    let row = table.pointee.row(number, rows)
    let page = table.pointee.rowPages.pages + (number >> rows.shift)
    page.pointee.flags |= Page.dirty
    if flags != 0 {
      row.rowFlags |= flags
      page.pointee.flags |= Page.changed
      table.pointee.changes |= flags
    }
    run.rows[k] = row
  }
}
