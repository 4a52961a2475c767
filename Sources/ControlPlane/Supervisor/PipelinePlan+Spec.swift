import KafkaPipeline
import PipelineSpec

extension PipelinePlan {
  /// The spec as the lanes need it.
  init(_ spec: PipelineSpec) {
    let compiled = spec.compiled
    var kafka = KafkaStreamConfig()
    kafka.brokers = compiled.brokers
    kafka.groupID = compiled.groupID
    kafka.inputTopics = compiled.inputTopics
    kafka.outputTopic = compiled.outputTopic
    kafka.autoCommitIntervalMs = compiled.autoCommitIntervalMs
    kafka.pollTimeoutMs = compiled.pollTimeoutMs
    kafka.deliveryTimeoutMs = compiled.deliveryTimeoutMs
    kafka.maxProduceRetries = compiled.maxProduceRetries
    kafka.consumerProperties = compiled.consumerProperties
    kafka.producerProperties = compiled.producerProperties
    self.init(
      name: spec.name, kafka: kafka, decoder: compiled.decoder, executor: compiled.executor, memberNames: compiled.memberNames,
      scope: compiled.scope == .global ? .global : .partition, stateIdentity: compiled.stateIdentity)
    parallelism = compiled.parallelism
    bufferSize = compiled.bufferSize
    startAt =
      switch compiled.startAt {
      case .earliest: .earliest
      case .latest: .latest
      case .timestamp(let ms): .timestamp(ms)
      }
    stopAt =
      switch compiled.stopAt {
      case nil: nil
      case .end: .end
      case .timestamp(let ms): .timestamp(ms)
      }
    idleTimeout = compiled.idleTimeoutMs
    maxDriftMs = compiled.maxDriftMs
    resultTimestampNow = compiled.resultTimestampNow
    errors.onDecodeError = ErrorPolicy.DecodeError(rawValue: compiled.errors.onDecodeError) ?? .skip
    errors.onLate = ErrorPolicy.Late(rawValue: compiled.errors.onLate) ?? .drop
    errors.onProduceError = ErrorPolicy.ProduceError(rawValue: compiled.errors.onProduceError) ?? .retry
    errors.deadLetterTopic = compiled.errors.deadLetterTopic
    guarantee = compiled.exactlyOnce ? .exactlyOnce : .atLeastOnce
  }
}
