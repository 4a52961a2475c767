import KafkaClient
import StateStore
import StreamEngine

/// The input partitions that share keyed state, with that state: the unit of checkpoint and of movement.
final class Shard {
  let number: Int32
  /// In the order of the executor's inputs.
  let partitions: [TopicPartition]
  /// Index of each input in the consumer's assignment.
  let assignmentIndices: [Int]
  let executor: ShardExecutor
  /// Number of the next checkpoint; none is used twice.
  var nextN: Int64
  /// Wall clock (Unix ms) of each input's last record; nil before the first.
  var lastRecordAt: [Int64?]
  /// The last one that a program set, if that is where event time comes from: each sets it once, since it ends idleness.
  var manualWatermark = Int64.min
  /// Records came since the end of the last batch.
  var touched = false
  /// All its partitions are at the end of a bounded run: event time stands still.
  var isAtEnd = false
  /// Set while the windows are read again from the log.
  var replay: ShardReplay?
  /// The store holds the state that the next copy's changes are relative to.
  var isStored: Bool
  var gaps: [StateGap]

  init(
    number: Int32, partitions: [TopicPartition], assignmentIndices: [Int], executor: ShardExecutor, nextN: Int64,
    lastRecordAt: [Int64?], isStored: Bool = false, gaps: [StateGap] = []
  ) {
    self.number = number
    self.partitions = partitions
    self.assignmentIndices = assignmentIndices
    self.executor = executor
    self.nextN = nextN
    self.lastRecordAt = lastRecordAt
    self.isStored = isStored
    self.gaps = gaps
  }

  /// Records of this input are read again.
  var isReplaying: Bool { replay != nil }

  /// A copy of what changed since the last one, and the group offsets that belong to it, at a batch boundary.
  ///
  /// `full`: all pages, also those that the store should have.
  func snapshot(
    full: Bool, _ spare: inout SparePages, _ assignment: Assignment, storeID: String, signature: String
  ) -> (checkpoint: ShardCheckpoint, offsets: [PartitionOffset]) {
    let state = executor.snapshot(full: full || !isStored, &spare)
    isStored = true
    forgetClosedGaps()
    let n = nextN
    nextN += 1
    let largestRevision = Int64(executor.largestRevision)
    var inputs: [CheckpointBody.Input] = []
    var offsets: [PartitionOffset] = []
    for (input, partition) in partitions.enumerated() {
      let next = assignment.positions[assignmentIndices[input]]
      inputs.append(
        CheckpointBody.Input(
          partition: partition, next: next, time: state.inputs[input], lastRecordAt: lastRecordAt[input],
          mark: assignment.marks[assignmentIndices[input]]))
      let text = OffsetText(
        storeID: storeID, n: n, replayFrom: executor.canReplay ? executor.replayFrom(input) ?? next : nil, partitionWatermark: state.inputs[input].watermark,
        shardWatermark: state.watermark, largestRevision: largestRevision, signature: signature)
      offsets.append(PartitionOffset(partition, offset: next, metadata: text.text))
    }
    var body = CheckpointBody(
      storeID: storeID, signature: signature, watermark: state.watermark, allIdleSince: state.allIdleSince,
      allIdleWatermark: state.allIdleWatermark, inputs: inputs, tables: state.tables)
    body.layout = state.layout
    body.letGo = state.letGo
    body.gaps = gaps
    body.revisionFloor = state.revisionFloor
    let checkpoint = ShardCheckpoint(
      shard: number, n: n, body: body.serialized(),
      pages: state.pages.map { StoredPage(slice: $0.tableStart, kind: $0.kind.rawValue, number: $0.number, bytes: $0.bytes) },
      removedSlices: state.removedTables, isFull: state.isFull)
    return (checkpoint, offsets)
  }

  // MARK: Gaps

  /// Windows that lacked records and are gone now.
  func forgetClosedGaps() {
    guard !gaps.isEmpty, let watermark = executor.watermark else { return }
    gaps.removeAll { $0.until.map { $0 <= watermark } ?? false }
  }

  /// The first record after a gap: what is gone before it is hardly newer.
  func boundGaps(_ input: Int, firstTime: Int64) {
    for index in gaps.indices where gaps[index].until == nil && gaps[index].partition == partitions[input] {
      let time = firstTime.addingReportingOverflow(executor.configuration.maxDelay)
      gaps[index].until = executor.watermarkWhenGone(through: time.overflow ? .max : time.partialValue)
    }
  }
}
