import KafkaClient
import StateStore
import StreamEngine

/// Where the partitions of a stopped pipeline are, and where they are to go.
struct OffsetPlan {
  private static let callMs: Int32 = 5_000

  private(set) var moves: [OffsetMove] = []
  private let keepsWindows: Bool
  /// Checkpoints by shard: their number, the highest number in the store, and what they hold.
  private var stored: [(shard: Int32, number: Int64, highest: Int64, body: CheckpointBody)] = []
  private var committed: [PartitionOffset] = []

  /// Asks group, log and store.
  init(
    _ client: KafkaConsumer, _ plan: PipelinePlan, _ store: CheckpointStore?, _ target: OffsetTarget, _ keepsWindows: Bool
  ) throws(PipelineFailure) {
    self.keepsWindows = keepsWindows
    var all: [TopicPartition] = []
    var ends: [TopicPartition: LogBounds] = [:]
    var byTime: [TopicPartition: Int64] = [:]
    do throws(KafkaError) {
      for topic in plan.kafka.inputTopics {
        all += (0..<Int32(clamping: try client.topic(topic, timeoutMs: Self.callMs).partitionCount)).map { TopicPartition(topic, $0) }
      }
      committed = try client.committed(all, timeoutMs: Self.callMs)
      for entry in try client.logOffsets(all, at: .start, timeoutMs: Self.callMs) { ends[entry.partition] = LogBounds(start: entry.offset ?? 0, end: 0) }
      for entry in try client.logOffsets(all, at: .end, timeoutMs: Self.callMs) { ends[entry.partition]?.end = entry.offset ?? 0 }
      if case .timestamp(let time) = target {
        for entry in try client.logOffsets(all, at: .timestamp(time), timeoutMs: Self.callMs) { byTime[entry.partition] = entry.offset }
      }
    } catch { throw PipelineFailure(error, doing: "asking for the offsets of the group \(plan.kafka.groupID)") }
    try readStore(store)
    let next = positions
    let held = Set(stored.flatMap { $0.body.inputs.map(\.partition) })
    for entry in committed {
      // Another daemon has its windows.
      if keepsWindows, !stored.isEmpty, !held.contains(entry.partition), OffsetText(entry.metadata) != nil { continue }
      let bound = ends[entry.partition] ?? LogBounds(start: 0, end: 0)
      let to: Int64?
      switch target {
      case .earliest: to = bound.start
      case .latest: to = bound.end
      case .timestamp: to = byTime[entry.partition] ?? bound.end
      case .partitions(let wanted):
        to = wanted.first { $0.topic == entry.partition.topic && $0.partition == entry.partition.partition }?.offset
      case .checkpoint: to = next[entry.partition]
      case .group: to = entry.offset
      }
      guard let to else { continue }
      try check(entry.partition, to, bound, next[entry.partition])
      moves.append(
        OffsetMove(
          topic: entry.partition.topic, partition: entry.partition.partition, from: entry.offset ?? next[entry.partition], to: to))
    }
    try checkWhole(target, all)
  }

  /// Next offsets of the checkpoints.
  private var positions: [TopicPartition: Int64] {
    var next: [TopicPartition: Int64] = [:]
    for entry in stored { for input in entry.body.inputs { next[input.partition] = input.next } }
    return next
  }

  private mutating func readStore(_ store: CheckpointStore?) throws(PipelineFailure) {
    guard let store else { return }
    do throws(StateStoreError) {
      for (shard, _) in try store.heads().sorted(by: { $0.key < $1.key }) {
        let outlines = try store.outlines(shard: shard)
        guard let head = outlines.head else { continue }
        guard let body = CheckpointBody(head.body) else {
          throw StateStoreError(code: .damaged, message: "the description of shard \(shard) cannot be read", sqliteCode: 0)
        }
        stored.append((shard, head.n, max(head.n, outlines.pending?.n ?? 0), body))
      }
    } catch { throw PipelineFailure(error) }
  }

  private func check(_ partition: TopicPartition, _ to: Int64, _ bound: LogBounds, _ next: Int64?) throws(PipelineFailure) {
    let place = "\(partition.topic)/\(partition.partition)"
    guard to >= bound.start, to <= bound.end else {
      throw Self.fault(
        "offsets.out_of_range", "\(place): \(to) is not in the log, which has \(bound.start) up to \(bound.end)", "Choose an offset in that range.")
    }
    if keepsWindows, let next, to < next {
      throw Self.fault(
        "offsets.backward", "\(place): \(to) is before \(next), where the kept windows stand: records would be counted twice",
        "Go forward only, or say \"windows\": \"discard\".")
    }
  }

  private func checkWhole(_ target: OffsetTarget, _ all: [TopicPartition]) throws(PipelineFailure) {
    switch target {
    case .partitions(let wanted):
      if let unknown = wanted.first(where: { !all.contains(TopicPartition($0.topic, $0.partition)) }) {
        throw Self.fault("offsets.unknown_partition", "\(unknown.topic)/\(unknown.partition) is no partition of the input", "GET .../offsets lists them.")
      }
    case .checkpoint where moves.isEmpty:
      throw Self.fault("offsets.no_checkpoint", "there is no checkpoint to go back to", "Choose offsets, or \"from\": \"group\".")
    case .group where moves.isEmpty:
      throw Self.fault("offsets.none_committed", "the group has no offsets", "Choose offsets, or \"from\": \"checkpoint\".")
    default: break
    }
  }

  private static func fault(_ code: String, _ message: String, _ advice: String) -> PipelineFailure {
    PipelineFailure(code: code, fault: .user, retryable: false, message: message, advice: advice)
  }

  /// What is to be written: the checkpoints as they are but for their offsets, and the group's offsets with the texts that belong to them.
  /// Windows that are kept while records are passed over cannot be read again from the log, so the texts say so.
  func checkpoints(storeID: String) -> (checkpoints: [ShardCheckpoint], offsets: [PartitionOffset]) {
    var target: [TopicPartition: Int64] = [:]
    for move in moves { target[TopicPartition(move.topic, move.partition)] = move.to }
    guard keepsWindows, !stored.isEmpty else {
      return ([], committed.compactMap { entry in target[entry.partition].map { PartitionOffset(entry.partition, offset: $0) } })
    }
    var checkpoints: [ShardCheckpoint] = []
    var offsets: [PartitionOffset] = []
    for entry in stored {
      var body = entry.body
      let n = max(entry.highest, committed.compactMap { OffsetText($0.metadata) }.filter { $0.storeID == storeID }.map(\.n).max() ?? 0) + 1
      for index in body.inputs.indices {
        let input = body.inputs[index]
        let to = target[input.partition] ?? input.next
        if to > input.next {
          body.gaps.append(StateGap(partition: input.partition, from: input.next, to: to))
          body.inputs[index].mark = nil
        }
        body.inputs[index].next = to
        body.inputs[index].time.idle = false
        let text = OffsetText(
          storeID: storeID, n: n, replayFrom: nil, partitionWatermark: input.time.watermark, shardWatermark: body.watermark,
          largestRevision: 0, signature: body.signature)
        offsets.append(PartitionOffset(input.partition, offset: to, metadata: text.text))
      }
      for input in body.inputs { target[input.partition] = nil }
      checkpoints.append(ShardCheckpoint(shard: entry.shard, n: n, body: body.serialized(), pages: [], removedSlices: [], isFull: false))
    }
    // Partitions that no checkpoint knows start there without windows.
    offsets += target.map { PartitionOffset($0.key, offset: $0.value) }
    return (checkpoints, offsets)
  }
}
