public import StreamEngine

extension PipelineTestDriver {
  /// Moves the wall clock on. On the way everything happens that goes by it, at its own moment: partitions become idle, event time
  /// goes on, early results come out.
  ///
  /// - Throws: as `feed`.
  public func advanceClock(byMilliseconds milliseconds: Int64) throws(PipelineFailure) {
    precondition(milliseconds >= 0, "the clock goes on, not back")
    let target = now + milliseconds
    // Without records in between, early results have something to say at most once.
    var early = shards.compactMap(\.nextEarly).filter { $0 > now && $0 < target }.min()
    while true {
      var next = partitions.filter { mayBecomeIdle($0) }.map { $0.lastRecordAt + plan.idleTimeout }.filter { $0 > now && $0 < target }.min()
      if let moment = early, moment <= next ?? .max {
        next = moment
        early = nil
      }
      guard let next else { break }
      now = next
      try pass()
    }
    now = target
    try pass()
  }

  /// There is more in the log of that partition than was fed: it does not become idle, whatever the clock says. An idle one that has
  /// more is idle no longer once another partition returns.
  public func setUnread(_ hasUnread: Bool, partition: Int) {
    partitions[partition].hasUnread = hasUnread
  }

  /// Of pipelines whose watermarks are `manual`: event time has come so far in that partition, nil in all. Never back.
  public func setWatermark(_ time: EventTime, partition: Int? = nil) throws(PipelineFailure) {
    for (number, shard) in shards.enumerated() {
      if let partition {
        guard partitions[partition].shard == number else { continue }
        try within { () throws(StateLimitExceeded) in
          try shard.setWatermark(time, input: partitions[partition].input, into: &results)
        }
      } else {
        try within { () throws(StateLimitExceeded) in try shard.setWatermark(time, input: nil, into: &results) }
      }
    }
  }

  /// What a lane does between two batches.
  private func pass() throws(PipelineFailure) {
    for partition in partitions where mayBecomeIdle(partition) && now - partition.lastRecordAt >= plan.idleTimeout {
      try within { () throws(StateLimitExceeded) in
        try shards[partition.shard].markIdle(partition.input, now: now, into: &results)
      }
    }
    for shard in shards { try within { () throws(StateLimitExceeded) in try shard.advance(now: now, into: &results) } }
  }

  private func mayBecomeIdle(_ partition: Partition) -> Bool {
    !partition.hasUnread && !shards[partition.shard].executor.inputTime(partition.input).idle
  }

  /// Before a batch in which idle partitions return: those with unread records are idle no more either. Otherwise the one that is
  /// fed first would run event time to its own end, and make the others' records late.
  func wakeIdle(_ batch: [TestRecord]) throws(PipelineFailure) {
    let returning = Set(batch.map(\.partition)).filter { isIdle(partition: $0) }
    guard !returning.isEmpty else { return }
    for (number, shard) in shards.enumerated() {
      let waking = partitions.enumerated().filter { $1.shard == number && (returning.contains($0) || $1.hasUnread) }.map(\.element.input)
      try within { () throws(StateLimitExceeded) in try shard.markActive(waking, into: &results) }
    }
  }
}
