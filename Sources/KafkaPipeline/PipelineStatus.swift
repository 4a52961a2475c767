/// What a pipeline's lanes say of themselves: a copy made by each lane once per pass. Reading it never waits for a lane.
package struct PipelineStatus: Sendable {
  package enum Stage: String, Sendable, CaseIterable {
    /// At least one lane has no worker slot yet.
    case waitingForWorker
    /// Connecting, checking topics, joining the group, loading state.
    case starting
    /// Every lane is in its loop with its assignment (which may be empty).
    case running
    /// As running, and nothing is read, by wish.
    case paused
    /// Asked to stop; draining.
    case stopping
    /// No lane runs any more.
    case ended
  }

  package var stage: Stage
  /// While starting: what is being waited for.
  package var waitingFor: String?
  /// What ended the attempt; nil after a stop by wish. While `starting`: the latest obstacle, if there was one.
  package var failure: PipelineFailure?
  /// A bounded run came to its end, and all of it is delivered and kept.
  package var completed = false
  /// The stop passed its deadline and windows were left to the last checkpoint.
  package var forced = false
  package var lanes: [LaneStatus]
  package var stats: KafkaStreamStats
  /// Clients abandoned because a call did not return.
  package var leakedClients = 0

  package init(stage: Stage, lanes: [LaneStatus] = [], stats: KafkaStreamStats = KafkaStreamStats()) {
    self.stage = stage
    self.lanes = lanes
    self.stats = stats
  }
}

package struct LaneStatus: Sendable, Equatable {
  package var index: Int
  package var stage: PipelineStatus.Stage
  package var partitions: [PartitionStatus] = []
  /// Partitions that the group gave to this lane: more than `partitions` where it reads none, since others are missing.
  package var assignedCount = 0
  /// Partitions of the input topics as a whole, over all members of the group; nil before they are known.
  package var inputPartitionCount: Int?
  /// The same by topic, as they were when the lane took its partitions.
  package var inputPartitionCounts: [String: Int] = [:]
  /// Records that could not be decoded since the last one that could: how many, and since when (Unix ms). nil: there were none.
  package var bad: BadRecords?
  /// Unix ms of the last record that could be decoded; nil before the first.
  package var lastGoodAt: Int64?
  /// False: the lane of a `global` pipeline lacks partitions that another member holds, so it emits nothing. nil: not known yet.
  package var inputComplete: Bool?
  /// Unix ms of the last pass of the loop; a lane whose value stands still hangs in a call.
  package var lastPassAt: Int64 = 0
  /// Unix ms when records or results last moved; nil before the first time.
  package var lastProgressAt: Int64?
  /// Results handed to the client and not yet confirmed, and since when (Unix ms) the oldest of them waits.
  package var undelivered: Int64 = 0
  package var undeliveredSince: Int64?
  /// The last delivery, if it was refused.
  package var produceError: String?
  /// The last checkpoint, if it failed: why, and since when (Unix ms) there was none.
  package var checkpointError: String?
  package var lastCheckpointAt: Int64?
  /// The last group commit, if it failed.
  package var commitError: String?
  /// The client's latest error, if any.
  package var clientError: String?
  /// Set while windows are read again from the log.
  package var replay: ReplayProgress?
  /// Records that windows still kept lack.
  package var gaps: [StateGap] = []
  /// State that could not be read and is kept aside, for people; nil if there is none.
  package var stateNote: String?
  package var shards: [ShardStatus] = []
  /// All that it holds is read to the end of a bounded run.
  package var isAtEnd = false
  /// Clients left to a call that did not return.
  package var leakedClients = 0

  package init(index: Int, stage: PipelineStatus.Stage) {
    self.index = index
    self.stage = stage
  }
}

/// Records without a single good one among them.
package struct BadRecords: Sendable, Equatable {
  package var count: Int64
  /// Unix ms of the first and of the last of them.
  package var since: Int64
  package var lastAt: Int64
  /// Why the last one is bad.
  package var reason: String?

  package init(count: Int64, since: Int64, lastAt: Int64, reason: String? = nil) {
    self.count = count
    self.since = since
    self.lastAt = lastAt
    self.reason = reason
  }
}

package struct PartitionStatus: Sendable, Equatable {
  package var topic: String
  package var partition: Int32
  /// Number of the shard that it belongs to.
  package var shard: Int32 = 0
  /// Next offset to read.
  package var position: Int64?
  /// Log end as last heard.
  package var end: Int64?
  package var committed: Int64?
  package var watermarkMs: Int64?
  package var idle = false
  /// Unix ms of the last record; nil before the first.
  package var lastRecordAt: Int64?
  /// Since when (Unix ms) everything before it is read and the next record belongs to a transaction that has not ended. nil: it is not so.
  package var openTransactionSince: Int64?

  package init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }
}
