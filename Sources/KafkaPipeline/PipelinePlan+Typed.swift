import RecordCodec
import StreamEngine

extension PipelinePlan {
  /// A pipeline over events of a program's own type.
  init<Event: StreamEvent>(
    _ pipeline: StreamPipeline<Event>, _ config: KafkaStreamConfig, _ options: KafkaStreamOptions,
    _ decode: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Event
  ) throws(InvalidPipeline) {
    var faults = config.faults()
    if options.stateDirectory.isEmpty { faults.append("stateDirectory is empty") }
    if !(1...512).contains(options.parallelism) { faults.append("parallelism is from 1 to 512, not \(options.parallelism)") }
    if options.parallelism > 1 && options.keyScope == .global {
      faults.append("parallelism \(options.parallelism) needs the key scope partition: with global every lane would need all partitions")
    }
    if let topic = options.errors.deadLetterTopic, config.inputTopics.contains(topic) || config.outputTopic == topic {
      faults.append("the dead letter topic \(topic) is a topic of the pipeline already")
    }
    if options.errors.usesDeadLetters && options.errors.deadLetterTopic == nil { faults.append("the error policy needs a dead letter topic") }
    guard faults.isEmpty else { throw InvalidPipeline(faults: faults) }
    // Never asked: the typed decoder is.
    let unused = RecordDecoderConfiguration(timestamp: .kafka, key: .kafka, fields: [])
    self.init(
      name: pipeline.name, kafka: config, decoder: unused, executor: pipeline.configuration, memberNames: pipeline.resultNames,
      scope: options.keyScope, stateIdentity: pipeline.stateIdentity + "\n" + options.keyScope.rawValue)
    typedDecoder = DecoderFactory { TypedDecoder(pipeline, decode: decode) }
    parallelism = options.parallelism
    bufferSize = pipeline.bufferSize
    startAt = options.startAt
    guarantee = options.guarantee
    errors = options.errors
    idleTimeout = pipeline.idleTimeout
    maxDriftMs = pipeline.maxDrift
  }
}
