/// How a pipeline reaches Kafka: brokers, group, topics and the properties handed to librdkafka. Times are milliseconds.
package struct KafkaStreamConfig: Sendable, Equatable {
  package var brokers = "localhost:9092"
  package var groupID = "stream-processor"
  package var inputTopics = ["input"]
  package var outputTopic = "output"
  /// The checkpoint interval.
  package var autoCommitIntervalMs: Int64 = 5_000
  package var pollTimeoutMs: Int64 = 100
  package var deliveryTimeoutMs: Int64 = 5_000
  package var maxProduceRetries = 3
  /// librdkafka properties, names and values as text, already checked against the allow-list.
  package var consumerProperties: [String: String] = [:]
  package var producerProperties: [String: String] = [:]

  package init() {}
}
