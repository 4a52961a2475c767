extension ShardExecutor {
  /// Processes records from ..< to in order.
  ///
  /// Returns the index of the first record not processed: `to`, or less when results became pending and must be drained first.
  /// `now`: the wall clock, ms, for all these records.
  package func process(_ columns: RecordColumns, from: Int, to: Int, now: Int64) throws(StateLimitExceeded) -> Int {
    precondition(from >= 0 && to <= columns.count)
    slices.removeExpired(watermark: clock.watermark, memory: memory)
    var next = from
    while next < to {
      if hasPendingResults { return next }
      next = try assignRun(
        columns, from: next, to: min(to, next + RecordRun.capacity), now: now, window: window, lateness: allowedLateness,
        clock: &clock, slices: &slices, run: &run, counters: &counters, memory: memory)
      try locateRows(columns, run, rows, memory, secret)
      update(columns)
      settle()
    }
    return max(next, from)
  }

  /// Column by column over the run.
  private func update(_ columns: RecordColumns) {
    let count = run.count
    let rows = RowPointers(run.rows)
    let records = UnsafePointer(run.records)
    for step in layout.steps {
      let kinds = columns.cellKinds + step.field * columns.stride
      let bits = columns.cellBits + step.field * columns.stride
      switch step.kind {
      case .countAll: updateCountAll(rows, count, step.offset)
      case .count: updateCount(rows, records, count, kinds, step.offset)
      case .sum: updateSum(rows, records, count, kinds, bits, step.offset, step.kinds)
      case .min: updateMin(rows, records, count, kinds, bits, step.offset, step.kinds)
      case .max: updateMax(rows, records, count, kinds, bits, step.offset, step.kinds)
      }
    }
  }
}

/// Judges records one by one and gives each that counts its slice, up to the first one that moves the watermark to where a slice
/// fires or is let go: that one is the last of the run. Returns the index of the first record not looked at.
private func assignRun(
  _ columns: RecordColumns, from: Int, to: Int, now: Int64, window: TumblingWindow, lateness: Int64, clock: inout ShardClock,
  slices: inout SliceList, run: inout RecordRun, counters: inout ExecutorCounters, memory: StateMemory
) throws(StateLimitExceeded) -> Int {
  let latest = clock.latestTimestamp(now: now)
  var count = 0
  var late: Int64 = 0
  var dropped: Int64 = 0
  var skewed: Int64 = 0
  var index = from
  // The slice of the record before: most records follow into the same one. Valid for this run only.
  var slice: SlicePointer?
  var start = Int64.max
  var end = Int64.min
  run.count = 0
  while index < to {
    let record = index
    index += 1
    guard columns.status[record] == 0 else { continue }
    let timestamp = columns.timestamps[record]
    let input = Int(columns.inputs[record])
    precondition(input >= 0 && input < clock.count)
    if timestamp < start || timestamp >= end {
      start = window.start(of: timestamp)
      end = window.end(fromStart: start)
      slice = try openSlice(start, end, saturatingSum(end, lateness), clock.watermark, clock.count, &slices, memory)
    }
    if let slice {
      if slice.pointee.fired { late &+= 1 }
      let first = slice.pointee.firstOffsets + input
      first.pointee = min(first.pointee, columns.offsets[record])
      run.records[count] = Int32(truncatingIfNeeded: record)
      run.slices[count] = slice
      count += 1
    } else {
      dropped &+= 1
    }
    if !clock.observe(input: input, timestamp: timestamp, latest: latest) { skewed &+= 1 }
    if clock.watermark >= slices.nextEvent { break }
  }
  run.count = count
  counters.onTime &+= Int64(count) &- late
  counters.lateAccepted &+= late
  counters.lateDropped &+= dropped
  counters.futureSkewed &+= skewed
  return index
}

/// The slice with that start, made if need be; nil if it was let go already.
private func openSlice(
  _ start: Int64, _ end: Int64, _ expiry: Int64, _ watermark: Int64, _ inputs: Int, _ slices: inout SliceList,
  _ memory: StateMemory
) throws(StateLimitExceeded) -> SlicePointer? {
  if expiry <= watermark { return nil }
  if let slice = slices.find(start) { return slice }
  let slice = try Slice.make(
    start: start, end: end, expiry: expiry, fired: end <= watermark, inputs: inputs, memory: memory)
  slices.insert(slice)
  return slice
}

/// Finds the row of each record of the run, or adds it, and marks its page.
private func locateRows(
  _ columns: RecordColumns, _ run: RecordRun, _ rows: RowAddressing, _ memory: StateMemory, _ secret: HashSecret
) throws(StateLimitExceeded) {
  for k in 0..<run.count {
    let record = Int(run.records[k])
    run.hashes[k] = hashKey(columns.keys[record], Int(columns.keyLengths[record]), secret)
  }
  for k in 0..<run.count {
    let record = Int(run.records[k])
    let slice = run.slices[k]
    let key = columns.keys[record]
    let length = max(0, Int(columns.keyLengths[record]))
    var number: Int
    var flags: UInt16 = RowLayout.changed
    if let found = findRow(slice, run.hashes[k], key, length, rows) {
      number = found
    } else {
      number = try addRow(slice, run.hashes[k], key, length, rows, memory)
      flags |= RowLayout.new
    }
    let row = slice.pointee.row(number, rows)
    let page = slice.pointee.rowPages.pages + (number >> rows.shift)
    page.pointee.flags |= Page.dirty
    if slice.pointee.fired {
      let held = (row + RowLayout.flags).assumingMemoryBound(to: UInt16.self)
      held.pointee |= flags
      page.pointee.flags |= Page.changed
      slice.pointee.hasChanges = true
    }
    run.rows[k] = row
  }
}
