/// How a pipeline reaches Kafka: brokers, group, topics and the properties handed to librdkafka. Times are milliseconds.
public struct KafkaStreamConfig: Sendable, Equatable {
  /// `host:port`, several joined by commas.
  public var brokers: String
  /// Whose offsets are committed. Two pipelines with one group steal each other's partitions.
  public var groupID: String
  public var inputTopics: [String]
  public var outputTopic: String
  /// The checkpoint interval.
  public var autoCommitIntervalMs: Int64
  /// Longest wait for records, at most 1,000.
  public var pollTimeoutMs: Int64
  /// A result that no broker confirmed by then has failed.
  public var deliveryTimeoutMs: Int64
  /// Failed deliveries in a row after which the attempt to run ends.
  public var maxProduceRetries: Int
  /// librdkafka properties, names and values as text, such as `security.protocol`. Those that the pipeline depends on (`enable.auto.*`,
  /// `isolation.level`, `auto.offset.reset`, `group.instance.id`, ...) stay as it needs them.
  public var consumerProperties: [String: String]
  /// As `consumerProperties`; `acks`, `enable.idempotence` and `partitioner` stay as they are.
  public var producerProperties: [String: String]

  public init(
    brokers: String = "localhost:9092", groupID: String = "stream-processor", inputTopics: [String] = ["input"],
    outputTopic: String = "output", autoCommitIntervalMs: Int64 = 5_000, pollTimeoutMs: Int64 = 100, deliveryTimeoutMs: Int64 = 5_000,
    maxProduceRetries: Int = 3, consumerProperties: [String: String] = [:], producerProperties: [String: String] = [:]
  ) {
    self.brokers = brokers
    self.groupID = groupID
    self.inputTopics = inputTopics
    self.outputTopic = outputTopic
    self.autoCommitIntervalMs = autoCommitIntervalMs
    self.pollTimeoutMs = pollTimeoutMs
    self.deliveryTimeoutMs = deliveryTimeoutMs
    self.maxProduceRetries = maxProduceRetries
    self.consumerProperties = consumerProperties
    self.producerProperties = producerProperties
  }
}
