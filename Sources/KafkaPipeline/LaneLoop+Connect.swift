import KafkaClient
import RecordCodec
import StateStore
import StreamEngine

extension LaneLoop {
  private static let askTimeoutMs: Int32 = 3_000
  private static let retryPauseMs: Int64 = 500

  /// Makes the clients, waits until the topics are there, opens the store, joins the group. False if a stop came first.
  ///
  /// What can pass by waiting is published as an obstacle and tried again.
  func connect() throws(PipelineFailure) -> Bool {
    let kafka = plan.kafka
    guard plan.guarantee == .atLeastOnce || !environment.embeddedBroker else {
      throw PipelineFailure(
        code: "kafka.no_transactions", fault: .user, retryable: false,
        message: "the embedded broker has no real transactions, so exactly_once would be an empty promise",
        advice: "Use brokers of your own, or at_least_once.")
    }
    let instance = "\(environment.storeID)-\(lane.index)"
    let consumer: KafkaConsumer
    let producer: KafkaProducer
    do throws(KafkaError) {
      consumer = try KafkaConsumer(properties: ClientProperties.consumer(kafka, instanceID: instance, embedded: environment.embeddedBroker))
      producer = try KafkaProducer(
        properties: producerProperties, topic: kafka.outputTopic, deadLetterTopic: plan.errors.deadLetterTopic,
        keepsRefused: plan.errors.onProduceError == .deadLetter)
    } catch {
      throw PipelineFailure(
        code: "kafka.client_refused", fault: .user, retryable: false, message: "the Kafka client refused its settings: \(error.message)",
        advice: "Correct consumer_config or producer_config in the spec.")
    }
    let source = LaneSource(
      consumer: consumer, decoder: plan.makeDecoder(), fieldCount: plan.executor.fieldCount, capacity: plan.bufferSize,
      lines: plan.decoder.format == .jsonLines, punctuated: plan.executor.watermark == .punctuated, errors: plan.errors)
    let sink = LaneSink(producer: producer, plan: plan)
    sink.refused = refusedResults
    self.source = source
    self.sink = sink

    // First of all: an older producer of this lane can commit nothing from here on, and what it left open is aborted.
    guard try fenceOlderProducers(producer) else { return false }
    guard try askPartitionCounts(producer) else { return false }
    try checkCoPartitioned()
    guard try waitFor("the output topic \(kafka.outputTopic)", { () throws(KafkaError) in
      try producer.topic(kafka.outputTopic, timeoutMs: Self.askTimeoutMs)
    }) != nil else { return false }
    if let topic = plan.errors.deadLetterTopic {
      guard try waitFor("the dead letter topic \(topic)", { () throws(KafkaError) in
        try producer.topic(topic, timeoutMs: Self.askTimeoutMs)
      }) != nil else { return false }
    }
    // Never guessed: without it the stored windows would look like another cluster's.
    guard let clusterID = try waitFor("the cluster's id", { () throws(KafkaError) in
      try consumer.clusterID(timeoutMs: Self.askTimeoutMs)
    }) else { return false }
    signature = stateSignature(clusterID: clusterID, stateIdentity: plan.stateIdentity)

    let store = try sharedStore.open()
    owner = sharedStore.makeOwner()
    let commits = CommitThread(lane: lane, consumer: consumer, producer: producer, store: store)
    guard commits.start() else {
      throw PipelineFailure(
        code: "lane.no_thread", fault: .external, retryable: true, message: "the system gives no more threads",
        advice: "Raise the limit on threads, or run fewer pipelines.")
    }
    self.store = store
    self.commits = commits
    do throws(KafkaError) { try consumer.subscribe(kafka.inputTopics) } catch {
      throw PipelineFailure(error, doing: "joining the group \(kafka.groupID)")
    }
    lane.publish { $0.waitingFor = "partitions from the group \(kafka.groupID)" }
    return try waitForAssignment(consumer)
  }

  private var producerProperties: ClientProperties.Properties {
    var kafka = plan.kafka
    if sendsOneByOne { kafka.producerProperties["batch.num.messages"] = "1" }
    let embedded = environment.embeddedBroker
    guard plan.guarantee == .exactlyOnce else { return ClientProperties.producer(kafka, embedded: embedded) }
    let id = "\(environment.storeID)-\(plan.name)-\(lane.index)"
    return ClientProperties.transactionalProducer(kafka, id: id, timeoutMs: plan.transactionTimeoutMs, embedded: embedded)
  }

  /// False if a stop came first.
  private func fenceOlderProducers(_ producer: KafkaProducer) throws(PipelineFailure) -> Bool {
    guard plan.guarantee == .exactlyOnce else { return true }
    var fatal: KafkaError?
    let isDone = try waitFor("the transaction coordinator", { () throws(KafkaError) -> Bool in
      do throws(TransactionError) { try producer.initTransactions(timeoutMs: Self.askTimeoutMs) } catch {
        // Asking again with this client is no use.
        guard error.kind == .fatal else { throw error.error }
        fatal = error.error
      }
      return true
    }) ?? false
    if let fatal { throw PipelineFailure(fatal, doing: "preparing transactions") }
    return isDone
  }

  /// How many partitions the input has now. False if a stop came first.
  func askPartitionCounts(_ producer: KafkaProducer) throws(PipelineFailure) -> Bool {
    for topic in plan.kafka.inputTopics {
      guard let description = try waitFor("the input topic \(topic)", { () throws(KafkaError) in
        try producer.topic(topic, timeoutMs: Self.askTimeoutMs)
      }) else { return false }
      partitionCounts[topic] = description.partitionCount
    }
    return true
  }

  /// Polls until the group has spoken once. False if a stop came first.
  private func waitForAssignment(_ consumer: KafkaConsumer) throws(PipelineFailure) -> Bool {
    guard let source else { return false }
    while lane.stopRequested == nil && !lane.isAbandoned {
      _ = source.poll(timeoutMs: 100)
      source.batch.release()
      if let rebalance = consumer.takeRebalance() {
        try answer(rebalance)
        lane.publish {
          $0.waitingFor = nil
          $0.failure = nil
          $0.status.stage = isReplaying ? .starting : .running
        }
        lastAliveAt = Clock.monotonicMs()
        lastPassAt = Clock.monotonicMs()
        nextCheckpointAt = lastPassAt + plan.kafka.autoCommitIntervalMs
        publish(Clock.wallMs())
        return true
      }
      if let fatal = consumer.errors.fatal { throw PipelineFailure(fatal, doing: "joining the group \(plan.kafka.groupID)") }
      lane.publish { $0.status.clientError = consumer.errors.latest?.message }
      lane.beat()
    }
    return false
  }

  /// Asks until there is an answer. nil: a stop came first. Only what waiting cannot cure is thrown.
  func waitFor<Answer>(
    _ what: String, _ ask: () throws(KafkaError) -> Answer
  ) throws(PipelineFailure) -> Answer? {
    lane.publish { $0.waitingFor = what }
    while lane.stopRequested == nil && !lane.isAbandoned {
      let errorsBefore = sink?.producer.errors.count ?? 0
      _ = sink?.producer.takeDenial()
      do throws(KafkaError) {
        let answer = try ask()
        lane.publish {
          $0.waitingFor = nil
          $0.failure = nil
        }
        return answer
      } catch {
        let failure = obstacle(error, waitingFor: what, errorsBefore: errorsBefore)
        if !failure.retryable { throw failure }
        lane.publish {
          $0.failure = failure
          $0.status.lastPassAt = Clock.wallMs()
        }
      }
      guard try pauseWhileWaiting(what) else { return nil }
    }
    return nil
  }

  /// A moment between two questions. False if a stop came.
  func pauseWhileWaiting(_ what: String) throws(PipelineFailure) -> Bool {
    lane.publish { $0.waitingFor = what }
    let resume = Clock.monotonicMs() + Self.retryPauseMs
    while Clock.monotonicMs() < resume && lane.stopRequested == nil && !lane.isAbandoned {
      sink?.producer.poll(timeoutMs: 50)
      lane.beat()
    }
    return lane.stopRequested == nil && !lane.isAbandoned
  }

  /// The client's own word for a broker that does not answer says more than the timeout of the call.
  /// `errorsBefore`: the client's error count before the question; what it said earlier is no reason now.
  private func obstacle(_ error: KafkaError, waitingFor what: String, errorsBefore: Int64) -> PipelineFailure {
    sink?.producer.poll(timeoutMs: 0)
    let errors = sink?.producer.errors
    let latest = (errors?.count ?? 0) > errorsBefore ? errors?.latest : nil
    if error.isUnknownTopic {
      return PipelineFailure(error, doing: "waiting for \(what), which is not there")
    }
    // While the lane connects nobody else polls the consumer; later it would take a record.
    if let denial = sink?.producer.takeDenial() ?? (commits == nil ? source?.consumer.takeDenial() : nil) {
      return PipelineFailure(denial, doing: "waiting for \(what)")
    }
    if error.isAuthorization { return PipelineFailure(error, doing: "waiting for \(what)") }
    if error.isUnstableOffset {
      return PipelineFailure(
        code: "kafka.transaction_open", fault: .external, retryable: true,
        message: "waiting for \(what): a transaction that holds offsets of the group \(plan.kafka.groupID) has not ended",
        advice: "It ends by itself within its timeout, and the pipeline goes on then. If it does not, the brokers lost its end: kafka-transactions.sh find-hanging names it, and abort ends it.")
    }
    let reason = latest?.message ?? error.message
    return PipelineFailure(
      code: "kafka.brokers_unreachable", fault: .external, retryable: true,
      message: "waiting for \(what): \(plan.kafka.brokers) does not answer: \(reason)",
      advice: "Check kafka.brokers and that the brokers run; the pipeline goes on by itself.")
  }

  private func checkCoPartitioned() throws(PipelineFailure) {
    guard plan.scope == .partition, Set(partitionCounts.values).count > 1 else { return }
    let counts = partitionCounts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    throw PipelineFailure(
      code: "spec.partition_counts_differ", fault: .user, retryable: false,
      message: "with event.key.scope partition all input topics need the same number of partitions: \(counts)",
      advice: "Set event.key.scope to global, or give the topics equal partition counts.")
  }
}
