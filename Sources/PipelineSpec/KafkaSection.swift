import RecordCodec

/// The member `kafka`: brokers, group, topics, intervals and client properties.
struct KafkaSection {
  static let known = [
    "brokers", "group_id", "input_topics", "output_topic", "auto_commit_interval_ms", "poll_timeout_ms", "delivery_timeout_ms",
    "max_produce_retries", "consumer_config", "producer_config",
  ]

  var brokers = ""
  var groupID = ""
  var inputTopics: [String] = []
  var outputTopic = ""
  var autoCommitIntervalMs: Int64 = 5_000
  var pollTimeoutMs: Int64 = 100
  var deliveryTimeoutMs: Int64 = 5_000
  var maxProduceRetries: Int64 = 3
  var consumerProperties: [String: String] = [:]
  var producerProperties: [String: String] = [:]

  init(_ root: ObjectReader, pipeline: String, defaults: SpecDefaults) {
    guard let value = root.required("kafka", "required: an object with at least input_topics and output_topic"),
      let reader = ObjectReader(value, at: root.place("kafka"), root.faults)
    else { return }
    reader.refuseOthers(known: Self.known)
    readBrokers(reader, defaults)
    readGroup(reader, pipeline)
    readTopics(reader)
    autoCommitIntervalMs = reader.integer(
      "auto_commit_interval_ms", in: SpecLimits.autoCommitInterval, default: autoCommitIntervalMs)
    pollTimeoutMs = reader.integer("poll_timeout_ms", in: SpecLimits.pollTimeout, default: pollTimeoutMs)
    deliveryTimeoutMs = reader.integer("delivery_timeout_ms", in: SpecLimits.deliveryTimeout, default: deliveryTimeoutMs)
    maxProduceRetries = reader.integer("max_produce_retries", in: SpecLimits.produceRetries, default: maxProduceRetries)
    let consumer = PropertyReader(reader, "consumer_config", .consumer)
    let producer = PropertyReader(reader, "producer_config", .producer)
    consumer.checkRelations()
    producer.checkRelations(deliveryTimeoutMs: deliveryTimeoutMs)
    PropertyReader.checkOneProtocol(consumer, producer)
    consumerProperties = consumer.properties
    producerProperties = producer.properties
  }

  private mutating func readBrokers(_ reader: ObjectReader, _ defaults: SpecDefaults) {
    let text: String
    if reader["brokers"] != nil {
      guard let written = reader.text("brokers") else { return }
      text = written
    } else if let standard = defaults.brokers {
      text = standard
    } else {
      reader.faults.add(
        reader.place("brokers"), .missing, "required, since the daemon was started without --brokers: a list of host:port",
        suggestion: "localhost:9092")
      return
    }
    brokers = BrokerList.check(text, at: reader.place("brokers"), reader.faults) ?? ""
  }

  private mutating func readGroup(_ reader: ObjectReader, _ pipeline: String) {
    guard reader["group_id"] != nil else {
      groupID = "penstock-\(pipeline)"
      return
    }
    guard let text = reader.text("group_id") else { return }
    let place = reader.place("group_id")
    if text.isEmpty {
      reader.faults.add(place, .empty, "a consumer group needs a name", suggestion: "penstock-\(pipeline)")
    } else if !SpecLimits.groupIDBytes.contains(text.utf8.count) {
      reader.faults.add(place, .tooLong, "must have at most \(SpecLimits.groupIDBytes.upperBound) characters")
    } else if !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
      reader.faults.add(place, .badFormat, "must be printable ASCII")
    }
    groupID = text
  }

  private mutating func readTopics(_ reader: ObjectReader) {
    let faults = reader.faults
    _ = reader.required("input_topics", "required: a list of topic names")
    for (index, item) in (reader.list("input_topics", atMost: SpecLimits.maxInputTopics, of: "topic names") ?? []).enumerated() {
      let place = SpecText.pointer(reader.place("input_topics"), String(index))
      guard let topic = ObjectReader.text(item, at: place, faults), Self.checkTopic(topic, at: place, faults) else { continue }
      if inputTopics.contains(topic) {
        faults.add(place, .duplicate, "this topic stands in the list already", suggestion: "keep one")
      } else {
        inputTopics.append(topic)
      }
    }
    guard reader.required("output_topic", "required: the topic that results go to") != nil,
      let output = reader.text("output_topic"), Self.checkTopic(output, at: reader.place("output_topic"), faults)
    else { return }
    outputTopic = output
    if inputTopics.contains(output) {
      faults.add(
        reader.place("output_topic"), .conflict, "is also an input topic: the pipeline would read its own results",
        suggestion: "another topic")
    }
  }

  /// Kafka's own rule: 1 to 249 of `[a-zA-Z0-9._-]`, neither `.` nor `..`.
  static func checkTopic(_ topic: String, at place: String, _ faults: FaultCollector) -> Bool {
    if topic.isEmpty {
      faults.add(place, .empty, "a topic needs a name")
    } else if !SpecLimits.topicBytes.contains(topic.utf8.count) {
      faults.add(place, .tooLong, "a topic name has at most \(SpecLimits.topicBytes.upperBound) characters")
    } else if topic == "." || topic == ".." || !topic.utf8.allSatisfy({ SpecText.isLetterOrDigit($0) || "._-".utf8.contains($0) }) {
      faults.add(place, .badFormat, "a topic name holds only letters, digits, '.', '_' and '-', and is not '.' or '..'")
    } else {
      return true
    }
    return false
  }

  var normalized: JSONValue {
    [
      "brokers": .string(brokers), "group_id": .string(groupID), "input_topics": .array(inputTopics.map(JSONValue.string)),
      "output_topic": .string(outputTopic), "auto_commit_interval_ms": .integer(autoCommitIntervalMs),
      "poll_timeout_ms": .integer(pollTimeoutMs), "delivery_timeout_ms": .integer(deliveryTimeoutMs),
      "max_produce_retries": .integer(maxProduceRetries), "consumer_config": Self.sorted(consumerProperties),
      "producer_config": Self.sorted(producerProperties),
    ]
  }

  static func sorted(_ texts: [String: String]) -> JSONValue {
    .object(texts.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) })
  }
}
