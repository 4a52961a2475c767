import KafkaPipeline
import PipelineSpec
import RecordCodec

/// A pipeline as JSON.
enum PipelineDocument {
  static func time(_ ms: Int64?) -> JSONValue { ms.map { .string(RFC3339.text(milliseconds: $0)) } ?? .null }
  static func integer(_ number: Int64?) -> JSONValue { number.map { .integer($0) } ?? .null }
  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

  /// An item of the list, and the answer to start, stop and restart.
  static func summary(_ pipeline: PipelineSnapshot, withActions: Bool) -> JSONValue {
    let lifecycle = pipeline.lifecycle
    var members: [JSONValue.Member] = [
      .init("name", .string(pipeline.name)),
      .init("description", .string(pipeline.spec?.compiled.description ?? "")),
      .init("labels", labels(pipeline)),
      .init("desired", .string(lifecycle.desired.rawValue)),
      .init("phase", .string(lifecycle.phase.rawValue)),
      .init("phase_since", time(pipeline.phaseSince)),
      .init("health", .string(pipeline.health.level.rawValue)),
      .init("attempt", .integer(Int64(lifecycle.attempt))),
      .init("next_retry_at", time(lifecycle.nextRetryAt)),
      .init("last_error", lastError(pipeline)),
      .init("messages_consumed", .integer(pipeline.stats.messagesConsumed)),
      .init("messages_produced", .integer(pipeline.stats.messagesProduced)),
      .init("consumer_lag", integer(pipeline.stats.consumerLag)),
      .init("watermark_ms", integer(pipeline.stats.watermarkMs)),
      .init("rates", StatsDocument.rates(pipeline)),
      .init("generation", integer(pipeline.stored?.generation)),
      .init("created_at", time(pipeline.stored?.createdAt)),
      .init("updated_at", time(pipeline.stored?.updatedAt)),
    ]
    if withActions { members.append(.init("allowed_actions", strings(lifecycle.allowedActions))) }
    return .object(members)
  }

  /// All of it.
  static func full(_ pipeline: PipelineSnapshot, extra: [JSONValue.Member] = []) -> JSONValue {
    guard case .object(var members) = summary(pipeline, withActions: true) else { return .null }
    let status = pipeline.hasAttempt ? pipeline.status : nil
    members += [
      .init("conditions", conditions(pipeline)),
      .init("waiting_for", status?.waitingFor.map { .string($0) } ?? .null),
      .init("lanes", .array((status?.lanes ?? []).map { lane($0) })),
      .init("checkpoint", StatsDocument.checkpoint(pipeline)),
      .init("stop_was_forced", .bool(pipeline.forced)),
      .init("leaked_clients", .integer(Int64(pipeline.leakedClients))),
      .init("warnings", .array((pipeline.spec?.warnings ?? []).map(Problem.document))),
      .init("spec", pipeline.spec?.document ?? pipeline.stored?.spec ?? .null),
      .init("normalized_spec", pipeline.spec?.normalized ?? .null),
    ]
    return .object(members + extra)
  }

  static func health(_ pipeline: PipelineSnapshot) -> JSONValue {
    [
      "name": .string(pipeline.name),
      "health": .string(pipeline.health.level.rawValue),
      "desired": .string(pipeline.lifecycle.desired.rawValue),
      "phase": .string(pipeline.lifecycle.phase.rawValue),
      "phase_since": time(pipeline.phaseSince),
      "conditions": conditions(pipeline),
      "last_error": lastError(pipeline),
      "next_retry_at": time(pipeline.lifecycle.nextRetryAt),
    ]
  }

  private static func conditions(_ pipeline: PipelineSnapshot) -> JSONValue {
    .array(
      pipeline.health.conditions.map { condition in
        [
          "type": .string(condition.kind.rawValue), "status": condition.status.map { .bool($0) } ?? .null,
          "reason": .string(condition.reason), "message": .string(condition.message), "since": time(condition.since),
        ]
      })
  }

  private static func lastError(_ pipeline: PipelineSnapshot) -> JSONValue {
    guard let error = pipeline.lastError else { return .null }
    return [
      "code": .string(error.code), "fault": .string(error.fault.rawValue), "retryable": .bool(error.retryable),
      "message": .string(error.message), "advice": .string(error.advice), "at": time(pipeline.lastErrorAt),
    ]
  }

  private static func labels(_ pipeline: PipelineSnapshot) -> JSONValue {
    let labels = pipeline.spec?.compiled.labels ?? [:]
    return .object(labels.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) })
  }

  private static func lane(_ lane: LaneStatus) -> JSONValue {
    let text = { (text: String?) -> JSONValue in text.map { .string($0) } ?? .null }
    return [
      "index": .integer(Int64(lane.index)),
      "stage": .string(stage(lane.stage)),
      "partitions": .array(lane.partitions.map { partition($0) }),
      "input_partitions": integer(lane.inputPartitionCount.map(Int64.init)),
      "input_complete": lane.inputComplete.map { .bool($0) } ?? .null,
      "rebuild": rebuild(lane.replay),
      "gaps": .array(lane.gaps.map(gap)),
      "last_pass_at": lane.lastPassAt == 0 ? .null : time(lane.lastPassAt),
      "last_progress_at": time(lane.lastProgressAt),
      "undelivered": .integer(lane.undelivered),
      "undelivered_since": time(lane.undeliveredSince),
      "last_checkpoint_at": time(lane.lastCheckpointAt),
      "checkpoint_error": text(lane.checkpointError),
      "commit_error": text(lane.commitError),
      "produce_error": text(lane.produceError),
      "client_error": text(lane.clientError),
    ]
  }

  /// Windows that are read again from the log.
  static func rebuild(_ replay: ReplayProgress?) -> JSONValue {
    guard let replay else { return .null }
    return [
      "records_to_go": .integer(replay.recordsToGo),
      "seconds_to_go": replay.secondsToGo.map { .double(($0 * 10).rounded() / 10) } ?? .null,
    ]
  }

  private static func gap(_ gap: StateGap) -> JSONValue {
    [
      "topic": .string(gap.topic), "partition": .integer(Int64(gap.number)), "from": integer(gap.from),
      "to": .integer(gap.to), "until_watermark_ms": gap.until == .max ? .null : integer(gap.until),
    ]
  }

  /// The words of JSON are snake_case.
  static func stage(_ stage: PipelineStatus.Stage) -> String {
    stage == .waitingForWorker ? "waiting_for_worker" : stage.rawValue
  }

  static func partition(_ partition: PartitionStatus) -> JSONValue {
    [
      "topic": .string(partition.topic), "partition": .integer(Int64(partition.partition)),
      "position": integer(partition.position), "end": integer(partition.end), "committed": integer(partition.committed),
      "lag": integer(lag(partition)), "watermark_ms": integer(partition.watermarkMs), "idle": .bool(partition.idle),
      "last_record_at": time(partition.lastRecordAt),
    ]
  }

  /// Log end minus position; nil while one of them is unknown.
  private static func lag(_ partition: PartitionStatus) -> Int64? {
    guard let end = partition.end, let position = partition.position else { return nil }
    return max(0, end.subtractingReportingOverflow(position).partialValue)
  }
}
