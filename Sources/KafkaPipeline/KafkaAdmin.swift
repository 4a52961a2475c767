import KafkaClient
import StateStore

/// What is done to a pipeline's group and state while it does not run. Every call blocks, for at most about `longestMs`, so none is for a
/// thread that others wait for.
package struct KafkaAdmin: Sendable {
  package static let longestMs: Int64 = 30_000
  private static let callMs: Int32 = 5_000

  private let plan: PipelinePlan
  private let storeID: String
  private let stateDirectory: String

  package init(plan: PipelinePlan, storeID: String, stateDirectory: String) {
    self.plan = plan
    self.storeID = storeID
    self.stateDirectory = stateDirectory
  }

  // MARK: Group

  /// A group that is not there is no failure. Codes: `kafka.group_in_use` while it has members, and those of `PipelineFailure(KafkaError)`.
  package func deleteGroup() throws(PipelineFailure) {
    try withClient { (client) throws(PipelineFailure) in
      do throws(KafkaError) { try client.deleteGroup(plan.kafka.groupID, timeoutMs: Self.callMs) } catch {
        if error.isNonEmptyGroup {
          throw PipelineFailure(
            code: "kafka.group_in_use", fault: .external, retryable: true,
            message: "the group \(plan.kafka.groupID) has members: \(error.message)",
            advice: "End the other members; it is tried again. DELETE without offsets=true leaves the group alone.")
        }
        throw PipelineFailure(error, doing: "deleting the group \(plan.kafka.groupID)")
      }
    }
  }

  // MARK: Topics

  /// Topics of the plan that the cluster does not have. Throws if it does not answer.
  package func missingTopics() throws(PipelineFailure) -> [String] {
    try withClient { (client) throws(PipelineFailure) in
      var missing: [String] = []
      let wanted = plan.kafka.inputTopics + [plan.kafka.outputTopic] + [plan.errors.deadLetterTopic].compactMap { $0 }
      for name in wanted {
        do throws(KafkaError) { _ = try client.topic(name, timeoutMs: Self.callMs) } catch {
          guard error.isUnknownTopic else { throw PipelineFailure(error, doing: "asking for the topic \(name)") }
          missing.append(name)
        }
      }
      return missing
    }
  }

  // MARK: Offsets

  /// Where the partitions would go, and why not: codes `offsets.*` say what is wrong with the wish. Changes nothing.
  package func planMove(_ target: OffsetTarget, keepsWindows: Bool) throws(PipelineFailure) -> [OffsetMove] {
    try withClient { (client) throws(PipelineFailure) in
      try withStore { (store) throws(PipelineFailure) in try OffsetPlan(client, plan, store, target, keepsWindows).moves }
    }
  }

  /// Moves the group, and the checkpoint with it: PENDING, group, HEAD, as any commit. Without windows the state has to be erased then.
  package func move(_ target: OffsetTarget, keepsWindows: Bool) throws(PipelineFailure) -> [OffsetMove] {
    try withClient { (client) throws(PipelineFailure) in
      try withStore { (store) throws(PipelineFailure) in
        let move = try OffsetPlan(client, plan, store, target, keepsWindows)
        let (checkpoints, offsets) = move.checkpoints(storeID: storeID)
        do throws(StateStoreError) {
          if !checkpoints.isEmpty { _ = try store?.storePending(checkpoints) }
        } catch { throw PipelineFailure(error) }
        do throws(KafkaError) { try client.commit(offsets, timeoutMs: Self.callMs) } catch {
          if error.isGroupFence {
            throw PipelineFailure(
              code: "kafka.group_in_use", fault: .external, retryable: false,
              message: "the group \(plan.kafka.groupID) takes offsets of its members only: \(error.message)",
              advice: "End the other members first. The embedded broker takes no others once the group has had members.")
          }
          throw PipelineFailure(error, doing: "committing the offsets of the group \(plan.kafka.groupID)")
        }
        do throws(StateStoreError) {
          var numbers: [Int32: Int64] = [:]
          for checkpoint in checkpoints { numbers[checkpoint.shard] = checkpoint.n }
          if !numbers.isEmpty { try store?.promote(numbers) }
        } catch { throw PipelineFailure(error) }
        return move.moves
      }
    }
  }

  private func withStore<Result>(_ body: (CheckpointStore?) throws(PipelineFailure) -> Result) throws(PipelineFailure) -> Result {
    guard CheckpointStore.exists(directory: stateDirectory) else { return try body(nil) }
    let store: CheckpointStore
    do throws(StateStoreError) { store = try CheckpointStore(directory: stateDirectory) } catch { throw PipelineFailure(error) }
    defer { store.close() }
    return try body(store)
  }

  private func withClient<Result>(_ body: (KafkaConsumer) throws(PipelineFailure) -> Result) throws(PipelineFailure) -> Result {
    let client: KafkaConsumer
    do throws(KafkaError) { client = try KafkaConsumer(properties: ClientProperties.admin(plan.kafka)) } catch {
      throw PipelineFailure(
        code: "kafka.client_refused", fault: .user, retryable: false, message: "the Kafka client refused its settings: \(error.message)",
        advice: "Correct consumer_config in the spec.")
    }
    defer { client.close(leaving: false) }
    do throws(PipelineFailure) { return try body(client) } catch {
      // The client knows best why nobody answered.
      if error.retryable, let denial = client.takeDenial() { throw PipelineFailure(denial, doing: error.message) }
      throw error
    }
  }
}
