import KafkaClient
import StateStore
import StreamEngine

/// A shard on its way from store and group into memory.
struct ShardLoad {
  let shard: Int32
  /// In the order of the executor's inputs: as stored, then the partitions that are new.
  let partitions: [TopicPartition]
  let stored: (shard: StoredShard, body: CheckpointBody)?
  let nextN: Int64
  /// Where partitions start that the checkpoint does not know.
  let starts: [TopicPartition: ShardRecovery.Start]
  /// The group has offsets, but their windows are gone for good.
  let startsOver: Bool

  /// Blocks on the disk.
  init(
    shard: Int32, committed: [PartitionOffset], store: CheckpointStore, storeID: String, signature: String,
    isNewPipeline: Bool
  ) throws(PipelineFailure) {
    let stored: StoredShard?
    do throws(StateStoreError) { stored = try store.load(shard: shard) } catch { throw PipelineFailure(error) }
    var known: (shard: StoredShard, body: CheckpointBody)?
    if let stored {
      guard let body = CheckpointBody(stored.body) else { throw Self.damaged(shard, "its description cannot be read") }
      known = (stored, body)
    }
    let head = known.map {
      ShardRecovery.Head(n: $0.shard.n, signature: $0.body.signature, partitions: Set($0.body.inputs.map(\.partition)))
    }
    let assigned = committed.map(\.partition)
    let decision = ShardRecovery.decide(
      shard: shard, committed: committed, head: head, storeID: storeID, signature: signature, isNewPipeline: isNewPipeline)
    switch decision {
    case .refused(let failure):
      throw failure
    case .stored(let nextN):
      let before = known?.body.inputs.map(\.partition) ?? []
      if let gone = before.first(where: { !assigned.contains($0) }) {
        throw Self.damaged(shard, "it holds \(gone.topic)/\(gone.partition), which the topic no longer has")
      }
      let new = assigned.filter { !before.contains($0) }
      self.init(
        shard: shard, partitions: before + new, stored: known, nextN: nextN,
        starts: Dictionary(uniqueKeysWithValues: new.map { ($0, .logStart) }), startsOver: false)
    case .empty(let nextN, let starts):
      let startsOver = committed.contains { $0.offset != nil && starts[$0.partition] == .startAt }
      self.init(shard: shard, partitions: assigned, stored: nil, nextN: nextN, starts: starts, startsOver: startsOver)
    }
  }

  private init(
    shard: Int32, partitions: [TopicPartition], stored: (shard: StoredShard, body: CheckpointBody)?, nextN: Int64,
    starts: [TopicPartition: ShardRecovery.Start], startsOver: Bool
  ) {
    self.shard = shard
    self.partitions = partitions
    self.stored = stored
    self.nextN = nextN
    self.starts = starts
    self.startsOver = startsOver
  }

  /// Next offset of a partition by the checkpoint.
  func next(_ partition: TopicPartition) -> Int64? {
    stored?.body.inputs.first { $0.partition == partition }?.next
  }

  /// `positions`: next offset of each of `partitions`. `ends`: log ends, heard after the offsets were decided: an idle flag counts
  /// only where nothing is unread.
  func makeShard(
    plan: PipelinePlan, firstIndex: Int, positions: [Int64], ends: [TopicPartition: Int64]
  ) throws(PipelineFailure) -> Shard {
    let executor: ShardExecutor
    var lastRecordAt = [Int64?](repeating: nil, count: partitions.count)
    if let stored {
      let added = partitions.count - stored.body.inputs.count
      var times = stored.body.inputs.map(\.time) + [InputTime](repeating: InputTime(), count: added)
      for index in times.indices where times[index].idle && ends[partitions[index]] != positions[index] { times[index].idle = false }
      for (index, input) in stored.body.inputs.enumerated() { lastRecordAt[index] = input.lastRecordAt }
      var tables = stored.body.tables
      for index in tables.indices where [.slice, .trail].contains(tables[index].kind) {
        tables[index].firstOffsets += [Int64](repeating: .max, count: added)
      }
      var pages: [StatePage] = []
      for page in stored.shard.pages {
        guard let kind = StatePage.Kind(rawValue: page.kind) else { throw Self.damaged(shard, "a page has an unknown kind") }
        pages.append(StatePage(tableStart: page.slice, kind: kind, number: page.number, bytes: page.bytes))
      }
      let allIdle = times.allSatisfy(\.idle)
      var state = ShardState(
        watermark: stored.body.watermark, allIdleSince: allIdle ? stored.body.allIdleSince : nil,
        allIdleWatermark: allIdle ? stored.body.allIdleWatermark : nil, inputs: times, tables: tables, pages: pages, isFull: true)
      state.letGo = stored.body.letGo
      do throws(StateDamaged) { executor = try ShardExecutor(configuration: plan.executor, restoring: state) } catch {
        throw Self.damaged(shard, error.message)
      }
    } else {
      executor = ShardExecutor(configuration: plan.executor, inputs: partitions.count)
    }
    return Shard(
      number: shard, partitions: partitions, assignmentIndices: Array(firstIndex..<firstIndex + partitions.count),
      executor: executor, nextN: nextN, lastRecordAt: lastRecordAt)
  }

  static func damaged(_ shard: Int32, _ why: String) -> PipelineFailure {
    PipelineFailure(
      code: "state.damaged", fault: .external, retryable: false, message: "the checkpoint of shard \(shard) cannot be used: \(why)",
      advice: "The files are left as they are. Restore them from a copy, or replace the pipeline with ?state=discard.")
  }
}
