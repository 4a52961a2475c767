import KafkaClient
import Synchronization

/// What a source and its offset manager share: the consumer while it is there, its partitions, and what of them was processed.
final class SourceOffsets: Sendable {
  private struct State {
    /// Next offsets that were processed and not yet committed; of assigned partitions only.
    var tracked: [TopicPartition: Int64] = [:]
    /// Next offsets as last committed; of assigned partitions only. What is tracked late does not take the group back.
    var committed: [TopicPartition: Int64] = [:]
    var assigned: Set<TopicPartition> = []
    var stats = KafkaStreamStats()
  }

  private let state = Mutex(State())
  /// Held during a commit, so that the client is not closed under it and commits do not overtake each other.
  private let consumer = Mutex<KafkaConsumer?>(nil)
  private static let commitTimeoutMs: Int32 = 10_000

  var stats: KafkaStreamStats { state.withLock { $0.stats } }

  func count(records: Int, errors: Int64) {
    state.withLock {
      $0.stats.messagesConsumed += Int64(records)
      $0.stats.consumeErrors = errors
    }
  }

  func setLag(_ lag: Int64?) { state.withLock { $0.stats.consumerLag = lag } }

  /// The client is there.
  func open(_ client: KafkaConsumer) {
    consumer.withLock { $0 = client }
  }

  /// Waits for a commit that is under way; after it none begins.
  func close() {
    consumer.withLock { $0 = nil }
    setAssigned([])
  }

  /// What was tracked of other partitions is forgotten: they may be another member's.
  func setAssigned(_ partitions: [TopicPartition]) {
    state.withLock { state in
      state.assigned = Set(partitions)
      state.tracked = state.tracked.filter { state.assigned.contains($0.key) }
      state.committed = state.committed.filter { state.assigned.contains($0.key) }
    }
  }

  func track(_ partition: TopicPartition, next: Int64) {
    state.withLock { state in
      guard state.assigned.contains(partition), next > state.committed[partition] ?? 0 else { return }
      state.tracked[partition] = max(next, state.tracked[partition] ?? 0)
    }
  }

  /// Commits what was tracked since the last time. Blocks for the coordinator's answer.
  func commit() throws(KafkaError) {
    try consumer.withLock { (consumer: inout sending KafkaConsumer?) throws(KafkaError) in
      let due = state.withLock { $0.tracked }
      guard let consumer, !due.isEmpty else { return }
      do throws(KafkaError) {
        try consumer.commit(due.map { PartitionOffset($0.key, offset: $0.value) }, timeoutMs: Self.commitTimeoutMs)
      } catch {
        state.withLock { $0.stats.commitErrors += 1 }
        throw error
      }
      state.withLock { state in
        for (partition, next) in due {
          if state.tracked[partition] == next { state.tracked[partition] = nil }
          if state.assigned.contains(partition) { state.committed[partition] = next }
          state.stats.committedOffsets[partition.topic, default: [:]][partition.partition] = next
        }
        state.stats.offsetsCommitted += Int64(due.count)
      }
    }
  }
}
