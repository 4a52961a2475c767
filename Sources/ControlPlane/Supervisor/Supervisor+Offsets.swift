import Dispatch
package import KafkaPipeline
import PipelineSpec
import Synchronization

/// What asks the brokers, on threads of its own: nothing of it may hold up another pipeline.
extension Supervisor {
  /// Moves a stopped pipeline to other offsets, or says what that would do.
  package func moveOffsets(
    of name: String, to target: OffsetTarget, keepsWindows: Bool, dryRun: Bool, _ preconditions: Preconditions = Preconditions(),
    by requester: Requester = .daemon, completion: @escaping Completion
  ) {
    command(completion) { [self] () throws(Refusal) in
      guard let entry = table[name] else { throw Self.notFound(name) }
      if let refusal = preconditions.failure(entry) { throw refusal }
      guard [.stopped, .failed, .completed].contains(entry.phase), entry.attempt == nil else {
        throw refusal(.notStopped, "\(name) is in phase \(entry.phase.rawValue); offsets are moved while nothing runs", entry)
      }
      try checkIdle(entry)
      let admin = try admin(of: entry)
      entry.with { $0.busyWith = "its offsets are being moved" }
      block { [self] in
        let result: Result<[OffsetMove], PipelineFailure>
        do throws(PipelineFailure) {
          var moves = try admin.planMove(target, keepsWindows: keepsWindows)
          if !dryRun {
            moves = try admin.move(target, keepsWindows: keepsWindows)
            // Only now: a group that takes no offsets must not cost the windows. In between it looks moved by somebody else, which asks for a
            // choice at the next start.
            if !keepsWindows, let fault = eraseState(of: entry) { throw PipelineFailure(fault, retryable: true) }
          }
          result = .success(moves)
        } catch { result = .failure(error) }
        entry.with { $0.busyWith = nil }
        switch result {
        case .failure(let failure): completion(.refused(Refusal(failure)))
        case .success(let moves):
          if !dryRun {
            note(.offsets, entry, "offsets moved by \(requester.text), windows \(keepsWindows ? "kept" : "discarded")")
            entry.with { $0.forgetOffsets() }
          }
          completion(
            .movedOffsets(
              OffsetsPlan(dryRun: dryRun, keepsWindows: keepsWindows, moves: moves, wouldLose: keepsWindows ? nil : entry.with(\.stats))))
        }
      }
      return nil
    }
  }

  /// The group of a pipeline that is being deleted goes before its files. On `work`.
  func deleteGroup(of entry: PipelineEntry) {
    if entry.spec?.compiled.brokers == configuration.embeddedBroker {
      // It knows no such call, and forgets its groups by itself.
      entry.with { $0.deletesGroup = false }
      return execute(.removeFiles, for: entry)
    }
    let admin: any ClusterAdministering
    do throws(Refusal) { admin = try self.admin(of: entry) } catch {
      apply(
        .removalFailed(PipelineFailure(code: error.code.rawValue, fault: .user, retryable: true, message: error.detail, advice: "DELETE it without offsets=true.")),
        to: entry)
      return
    }
    block { [self] in
      let failure: PipelineFailure?
      do throws(PipelineFailure) {
        try admin.deleteGroup()
        failure = nil
      } catch { failure = error }
      work.async { [self] in
        // Whoever asked again without the offsets does not wait for them.
        if let failure, entry.with(\.deletesGroup) {
          environment.log("error", entry.name, "its group cannot be deleted: \(failure.message)")
          apply(.removalFailed(failure), to: entry)
        } else {
          entry.with { $0.deletesGroup = false }
          execute(.removeFiles, for: entry)
        }
        checkWaiters()
      }
    }
  }

  /// What runs must not be drained for a spec whose topics are not there. False: nothing of the kind has to be asked.
  func checkTopicsFirst(
    _ entry: PipelineEntry, _ spec: PipelineSpec, _ completion: @escaping Completion, then: @escaping @Sendable () -> Void
  ) throws(Refusal) -> Bool {
    guard [.running, .paused].contains(entry.phase), let old = entry.spec?.compiled, spec.compiled.brokers != configuration.embeddedBroker else {
      return false
    }
    let new = spec.compiled
    let isSame =
      old.brokers == new.brokers && old.inputTopics == new.inputTopics && old.outputTopic == new.outputTopic
      && old.errors.deadLetterTopic == new.errors.deadLetterTopic && old.connectionProperties == new.connectionProperties
    if isSame { return false }
    let admin = try admin(for: spec)
    block {
      do throws(PipelineFailure) {
        let missing = try admin.missingTopics()
        guard missing.isEmpty else { return completion(.refused(Self.missing(missing, spec))) }
        then()
      } catch { completion(.refused(Refusal(error))) }
    }
    return true
  }

  private static func missing(_ topics: [String], _ spec: PipelineSpec) -> Refusal {
    let faults = topics.map { topic in
      let index = spec.compiled.inputTopics.firstIndex(of: topic)
      let pointer = index.map { "/kafka/input_topics/\($0)" } ?? (topic == spec.compiled.outputTopic ? "/kafka/output_topic" : "/errors/dead_letter_topic")
      return SpecFault(pointer: pointer, code: "topic_missing", detail: "the topic \(topic) is not there", suggestion: nil)
    }
    return Refusal(.specInvalid, "not there: \(topics.joined(separator: ", ")); what runs goes on as it is", faults: faults)
  }

  /// Runs something that may take half a minute beside everything else.
  func block(_ body: @escaping @Sendable () -> Void) { blocking.async(execute: body) }

  func checkIdle(_ entry: PipelineEntry) throws(Refusal) {
    if let what = entry.with(\.busyWith) { throw Refusal(.conflict, "\(entry.name): \(what)") }
  }

  func admin(of entry: PipelineEntry) throws(Refusal) -> any ClusterAdministering {
    guard let spec = entry.spec else { throw Refusal(.specUnusable, "\(entry.name) has no spec to run") }
    return try admin(for: spec)
  }

  /// With the secrets that the spec names. Blocks on the disk for a moment.
  func admin(for spec: PipelineSpec) throws(Refusal) -> any ClusterAdministering {
    var plan = PipelinePlan(spec)
    do throws(PipelineFailure) {
      plan.kafka.consumerProperties = try configuration.secrets.resolve(plan.kafka.consumerProperties)
    } catch { throw Refusal(error) }
    return environment.makeAdmin(plan, folder.storeID, folder.stateDirectory(of: spec.name))
  }
}

extension Refusal {
  /// Of the brokers, or of what was wished for.
  init(_ failure: PipelineFailure) {
    let code: ProblemCode = failure.code.hasPrefix("kafka.") && failure.retryable ? .brokersUnreachable : failure.fault == .user && failure.code.hasPrefix("offsets.") ? .offsetsInvalid : failure.code.hasPrefix("state.") || failure.code.hasPrefix("disk.") ? .storeUnavailable : .kafkaRefused
    self.init(code, "\(failure.code): \(failure.message). \(failure.advice)", retryable: failure.retryable)
  }
}
