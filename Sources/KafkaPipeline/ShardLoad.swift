import KafkaClient
import RecordCodec
import StateStore
import StreamEngine

/// A shard on its way from store, group and log into memory.
struct ShardLoad {
  /// What all shards of a lane are loaded with.
  struct Context {
    var store: CheckpointStore
    /// Who may write these shards from now on.
    var owner: Int64
    var storeID: String
    var signature: String
    var guarantee: DeliveryGuarantee
    var answer: ShardRecovery.Answer
  }

  let shard: Int32
  /// In the order of the executor's inputs: as stored, then the partitions that are new.
  let partitions: [TopicPartition]
  let stored: (shard: StoredShard, body: CheckpointBody)?
  let rebuild: ShardRebuild?
  let nextN: Int64
  /// Where partitions start that neither a checkpoint nor a text knows.
  let starts: [TopicPartition: ShardRecovery.Start]
  /// There were windows, and they cannot be had again.
  let lacksWindows: Bool
  /// The group's offsets have expired.
  var isUnknownToGroup: Bool { stored.map { !committedNumbers.contains($0.shard.n) } ?? false }
  private let committedNumbers: [Int64]

  /// `committed`: of every partition of the shard. nil: that cannot be the group's last word. Blocks on the disk.
  init?(shard: Int32, committed: [PartitionOffset], _ context: Context) throws(ShardLoadError) {
    let store = context.store
    let assigned = committed.map(\.partition)
    let outlines: ShardOutlines
    do throws(StateStoreError) {
      try store.claim([shard], by: context.owner)
      outlines = try store.outlines(shard: shard)
    } catch { throw ShardLoadError(error) }
    let decision = ShardRecovery.decide(
      shard: shard, committed: committed, head: try Self.summary(outlines.head, shard), pending: try Self.summary(outlines.pending, shard),
      storeID: context.storeID, signature: context.signature, guarantee: context.guarantee, answer: context.answer)
    self.shard = shard
    committedNumbers = committed.compactMap { OffsetText($0.metadata)?.n }
    switch decision {
    case .outdated: return nil
    case .refused(let failure):
      let body = outlines.head.flatMap { CheckpointBody($0.body) }
      let inputs = body?.signature == context.signature ? body?.inputs ?? [] : []
      throw .refused(failure, positions: Dictionary(inputs.map { ($0.partition, $0.next) }, uniquingKeysWith: max))
    case .stored(let copy, let nextN, let starts):
      let loaded: StoredShard?
      do throws(StateStoreError) {
        if copy == .pending, let pending = outlines.pending { try store.promote([shard: pending.n], by: context.owner) }
        loaded = try store.load(shard: shard)
      } catch { throw ShardLoadError(error) }
      guard let loaded, let body = CheckpointBody(loaded.body) else { throw .damaged("the description of shard \(shard) cannot be read") }
      let known = body.inputs.map(\.partition)
      if let gone = known.first(where: { !assigned.contains($0) }) {
        throw .damaged("shard \(shard) holds \(gone.topic)/\(gone.partition), which the topic no longer has")
      }
      partitions = known + assigned.filter { !known.contains($0) }
      stored = (loaded, body)
      (rebuild, self.nextN, self.starts, lacksWindows) = (nil, nextN, starts, false)
    case .rebuild(let plan, let nextN, let starts):
      (partitions, stored, rebuild) = (assigned, nil, plan)
      (self.nextN, self.starts, lacksWindows) = (nextN, starts, false)
    case .empty(let nextN, let starts, let lacksWindows):
      (partitions, stored, rebuild) = (assigned, nil, nil)
      (self.nextN, self.starts, self.lacksWindows) = (nextN, starts, lacksWindows)
    }
  }

  private static func summary(_ outline: ShardOutline?, _ shard: Int32) throws(ShardLoadError) -> ShardRecovery.Stored? {
    guard let outline else { return nil }
    guard let body = CheckpointBody(outline.body) else { throw .damaged("the description of shard \(shard) cannot be read") }
    return ShardRecovery.Stored(n: outline.n, signature: body.signature, partitions: Set(body.inputs.map(\.partition)))
  }

  // MARK: Where to read

  /// Where each of `partitions` is read from, and what of its records is gone.
  func readStarts(_ bounds: [TopicPartition: LogBounds]) throws(PipelineFailure) -> (starts: [ReadStart], gaps: [StateGap]) {
    var result: [ReadStart] = []
    var gaps = stored?.body.gaps ?? []
    for partition in partitions {
      guard let bound = bounds[partition] else { continue }
      if let range = rebuild?.ranges[partition] {
        let from = try bound.within(range.from, partition)
        let to = try bound.within(range.to, partition)
        if from > range.from {
          gaps.append(StateGap(partition: partition, from: range.from, to: from, until: from > range.to ? nil : .min))
        }
        result.append(ReadStart(partition, offset: from, limit: to))
      } else if let input = stored?.body.inputs.first(where: { $0.partition == partition }) {
        let next = try bound.within(input.next, partition)
        if next > input.next { gaps.append(StateGap(partition: partition, from: input.next, to: next)) }
        let witness = input.mark.flatMap { $0.offset >= bound.start && $0.offset < next ? $0 : nil }
        result.append(ReadStart(partition, offset: next, witness: witness))
      } else {
        var start = bound.start
        if case .offset(let offset)? = starts[partition] {
          start = try bound.within(offset, partition)
          if lacksWindows, start > bound.start { gaps.append(StateGap(partition: partition, from: nil, to: start)) }
        }
        result.append(ReadStart(partition, offset: start))
      }
    }
    return (result, gaps)
  }

  // MARK: The shard

  /// `ends`: log ends, heard after the offsets were decided: an idle flag counts only where nothing is unread.
  func makeShard(
    plan: PipelinePlan, firstIndex: Int, starts: [ReadStart], gaps: [StateGap], ends: [TopicPartition: LogBounds]
  ) throws(ShardLoadError) -> Shard {
    let executor: ShardExecutor
    var lastRecordAt = [Int64?](repeating: nil, count: partitions.count)
    var replay: ShardReplay?
    if let stored {
      executor = try Self.restore(stored, partitions, starts, ends, plan, shard)
      for (index, input) in stored.body.inputs.enumerated() { lastRecordAt[index] = input.lastRecordAt }
    } else if let rebuild {
      executor = ShardExecutor(
        configuration: plan.executor, inputs: partitions.count,
        replaying: ReplayStart(
          watermark: rebuild.watermark, inputs: partitions.map { rebuild.ranges[$0]?.watermark },
          largestRevision: Int(clamping: rebuild.largestRevision)))
      replay = ShardReplay(targets: starts.map { $0.limit == .max ? $0.offset : $0.limit })
    } else {
      executor = ShardExecutor(configuration: plan.executor, inputs: partitions.count)
    }
    let made = Shard(
      number: shard, partitions: partitions, assignmentIndices: Array(firstIndex..<firstIndex + partitions.count),
      executor: executor, nextN: nextN, lastRecordAt: lastRecordAt, isStored: stored != nil && !executor.isConverted,
      gaps: gaps.map { bounded($0, executor, plan) })
    made.replay = replay
    return made
  }

  /// Records that were read before and are gone cannot be newer than the partition's watermark and its delay.
  private func bounded(_ gap: StateGap, _ executor: ShardExecutor, _ plan: PipelinePlan) -> StateGap {
    guard gap.until == .min else { return gap }
    // Without a watermark none of them was in a window.
    guard let watermark = rebuild?.ranges[gap.partition]?.watermark else { return gap }
    var gap = gap
    let time = watermark.addingReportingOverflow(plan.executor.maxDelay)
    gap.until = executor.watermarkWhenGone(through: time.overflow ? .max : time.partialValue)
    return gap
  }

  private static func restore(
    _ stored: (shard: StoredShard, body: CheckpointBody), _ partitions: [TopicPartition], _ starts: [ReadStart],
    _ ends: [TopicPartition: LogBounds], _ plan: PipelinePlan, _ shard: Int32
  ) throws(ShardLoadError) -> ShardExecutor {
    let added = partitions.count - stored.body.inputs.count
    var times = stored.body.inputs.map(\.time) + [InputTime](repeating: InputTime(), count: added)
    for index in times.indices where times[index].idle && ends[partitions[index]]?.end != starts[index].offset { times[index].idle = false }
    var tables = stored.body.tables
    for index in tables.indices where [.slice, .trail].contains(tables[index].kind) {
      tables[index].firstOffsets += [Int64](repeating: .max, count: added)
    }
    var pages: [StatePage] = []
    for page in stored.shard.pages {
      guard let kind = StatePage.Kind(rawValue: page.kind) else { throw .damaged("a page of shard \(shard) has an unknown kind") }
      pages.append(StatePage(tableStart: page.slice, kind: kind, number: page.number, bytes: page.bytes))
    }
    let allIdle = times.allSatisfy(\.idle)
    var state = ShardState(
      watermark: stored.body.watermark, allIdleSince: allIdle ? stored.body.allIdleSince : nil,
      allIdleWatermark: allIdle ? stored.body.allIdleWatermark : nil, inputs: times, tables: tables, pages: pages, isFull: true)
    state.layout = stored.body.layout
    state.letGo = stored.body.letGo
    state.revisionFloor = stored.body.revisionFloor
    do throws(StateDamaged) { return try ShardExecutor(configuration: plan.executor, restoring: state) } catch {
      throw .damaged("shard \(shard): \(error.message)")
    }
  }
}
