import Glibc

extension SessionWindows {
  func assign(
    _ columns: RecordColumns, from: Int, to: Int, now: Int64, run: inout RecordRun, clock: inout ShardClock,
    counters: inout ExecutorCounters
  ) throws(StateLimitExceeded) -> Int {
    let end = min(to, from + RecordRun.capacity)
    let latest = clock.latestTimestamp(now: now)
    var index = from
    run.count = 0
    while index < end {
      let record = index
      guard isToAggregate(columns, record, latest: latest, &clock, &counters) else {
        index += 1
        continue
      }
      // Records before this one, filtered ones too, may have moved it.
      if !isReplaying { watermark = clock.watermark }
      let input = Int(columns.inputs[record])
      precondition(input >= 0 && input < inputs)
      guard let outcome = try place(columns, record, isFirst: index == from, &run) else { return index }
      index += 1
      switch outcome {
      case RecordOutcome.onTime: counters.onTime &+= 1
      case RecordOutcome.lateAccepted: counters.lateAccepted &+= 1
      default: counters.lateDropped &+= 1
      }
      if outcome != RecordOutcome.lateDropped { trail.note(columns.timestamps[record], input, columns.offsets[record]) }
      columns.outcomes?[record] = outcome
      if !clock.observe(columns, record, latest: latest) { counters.futureSkewed &+= 1 }
    }
    return index
  }

  /// Finds or makes the session of a record and puts its row into the run; nil if the run must end before it: sessions are merged
  /// or copied only once the records of the run are in their rows, one whose end has been reached must come out before it changes,
  /// and one that is gone must leave the tree before others can take its place there. `isFirst`: nothing came in this run, so that
  /// none of the two is there.
  private func place(_ columns: RecordColumns, _ record: Int, isFirst: Bool, _ run: inout RecordRun) throws(StateLimitExceeded) -> UInt8? {
    let time = columns.timestamps[record]
    let key = columns.keys[record]
    let length = max(0, Int(columns.keyLengths[record]))
    let hash = hashKey(key, length, secret)
    let root = findRow(table, hash, key, length, rows)
    var (before, behind): (Int?, Int?) = (nil, nil)
    if let root {
      let around = tree.neighbours(of: time, root: root)
      if !isFirst, isGone(around.before) || isGone(around.behind) { return nil }
      before = around.before.flatMap { touches($0, time) ? $0 : nil }
      behind = around.behind.flatMap { touches($0, time) ? $0 : nil }
      if !isFirst, isDue(before) || isDue(behind) { return nil }
    }
    var last = time
    if let before { last = max(last, table.pointee.row(before, rows).sessionLast) }
    if let behind { last = max(last, table.pointee.row(behind, rows).sessionLast) }
    let end = saturatingSum(last, gap)
    if saturatingSum(end, lateness) <= watermark || end <= letGo { return RecordOutcome.lateDropped }

    let number: Int
    if let before, let behind {
      guard run.count == 0 else { return nil }
      try merge(behind, into: before)
      number = before
    } else if let before {
      number = before
    } else if let behind {
      if table.pointee.row(behind, rows).rowFlags & RowFlags.emitted != 0 {
        guard run.count == 0 else { return nil }
        try retractCopy(of: behind)
        table.pointee.row(behind, rows).rowFlags &= ~RowFlags.emitted
      }
      // No session lies between the two starts, so the tree stays in order.
      table.pointee.row(behind, rows).sessionStart = time
      number = behind
    } else {
      number = try begin(hash, key, length, root, time)
    }
    let row = table.pointee.row(number, rows)
    row.sessionLast = last
    note(number, row, end)
    run.records[run.count] = Int32(truncatingIfNeeded: record)
    run.tables[run.count] = table
    run.rows[run.count] = row
    run.count += 1
    return end <= watermark ? RecordOutcome.lateAccepted : RecordOutcome.onTime
  }

  /// The watermark has reached its end in this run.
  private func isDue(_ number: Int?) -> Bool {
    guard let number else { return false }
    let row = table.pointee.row(number, rows)
    return row.rowFlags & RowFlags.fired == 0 && end(row) <= watermark
  }

  private func isGone(_ number: Int?) -> Bool {
    guard let number else { return false }
    return saturatingSum(end(table.pointee.row(number, rows)), lateness) <= watermark
  }

  /// A record of that time belongs to the session.
  private func touches(_ number: Int, _ time: Int64) -> Bool {
    let row = table.pointee.row(number, rows)
    return time <= end(row) && time >= saturatingDifference(row.sessionStart, gap)
  }

  private func begin(_ hash: UInt32, _ key: UnsafePointer<UInt8>?, _ length: Int, _ root: Int?, _ time: Int64)
    throws(StateLimitExceeded) -> Int
  {
    let number: Int
    if let root {
      number = try takeSession()
      memcpy(table.pointee.row(number, rows), table.pointee.row(root, rows), RowHeader.bytes)
    } else {
      try memory.reserve(TimerHeap.bytesPerRow)
      number = try addRow(table, hash, key, length, rows, memory)
    }
    let row = table.pointee.row(number, rows)
    row.rowFlags = RowFlags.used
    row.rowRevision = 0
    row.sessionStart = time
    row.sessionLast = time
    let top = tree.insert(number, root: root)
    if let root, top != root { replaceEntry(table, hash, from: root, to: top) }
    timers.set(number, due: saturatingSum(time, gap))
    return number
  }

  /// A session changed: its flags, its timer, and the lists of what comes out because of it.
  private func note(_ number: Int, _ row: UnsafeMutableRawPointer, _ end: Int64) {
    table.pointee.markDirty(number, rows)
    if row.rowFlags & RowFlags.fired != 0 {
      if end > watermark {
        // It fires once more. What late records changed before will be in that result.
        row.rowFlags &= ~(RowFlags.fired | RowFlags.late)
        firedCount -= 1
        timers.set(number, due: end)
      } else if row.rowFlags & RowFlags.late == 0 {
        row.rowFlags |= RowFlags.late
        lateRows.append(number)
      }
    }
    if emitsEarly, row.rowFlags & (RowFlags.early | RowFlags.fired) == 0 {
      row.rowFlags |= RowFlags.early
      earlyRows.append(number)
    }
  }

  /// Adds all of a session to the one before it. If results of it went out, it comes out once more as retracted.
  private func merge(_ number: Int, into target: Int) throws(StateLimitExceeded) {
    let (row, to) = (table.pointee.row(number, rows), table.pointee.row(target, rows))
    try layout.merge(row, of: table, into: to, of: table, memory: memory)
    to.sessionLast = max(to.sessionLast, row.sessionLast)
    let revision = row.rowRevision
    let wasEmitted = row.rowFlags & RowFlags.emitted != 0
    if row.rowFlags & RowFlags.fired != 0 { firedCount -= 1 }
    row.rowFlags = row.rowFlags & RowFlags.age | RowFlags.used
    detach(number)
    if wasEmitted {
      pending.append(PendingRow(row: number, kind: .retraction))
    } else {
      giveUp(number)
    }
    to.rowRevision = max(to.rowRevision, revision)
    table.pointee.markDirty(target, rows)
  }

  /// A session that came out begins earlier now: what it was comes out once more as retracted.
  private func retractCopy(of number: Int) throws(StateLimitExceeded) {
    let copy = try takeSession()
    let (row, to) = (table.pointee.row(number, rows), table.pointee.row(copy, rows))
    // Only what lies in the row itself is copied; what it leads to is merged into nothing.
    memcpy(to, row, layout.headerBytes)
    (to + SessionHeader.left).storeBytes(of: 0, as: UInt64.self)
    (to + SessionHeader.timer).storeBytes(of: 0, as: UInt32.self)
    to.rowFlags = RowFlags.used
    try layout.merge(row, of: table, into: to, of: table, memory: memory)
    pending.append(PendingRow(row: copy, kind: .retraction))
  }
}
