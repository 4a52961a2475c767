import KafkaClient

/// The librdkafka properties of a lane's clients: what the pipeline depends on, over what the spec asks for, over our defaults.
enum ClientProperties {
  typealias Properties = [(name: String, value: String)]

  /// From librdkafka 2.2 on: how long a fetch thread pauses once the queue limit is hit. Before, it is a second, and a request to
  /// its broker has to wake it.
  static let hasFetchBackoff = clientKnows(property: "fetch.queue.backoff.ms", value: "5")

  /// `embedded`: the mock cluster waits for a member that is gone until its session ends, static or not, so that is made short.
  static func consumer(_ kafka: KafkaStreamConfig, instanceID: String, embedded: Bool) -> Properties {
    var defaults = [
      // Small fetches keep the buffers in the cache; a far broker wants more, which the spec can say.
      "fetch.message.max.bytes": "131072",
      // Never the limiter: over it, the fetch thread sleeps up to a second.
      "queued.min.messages": "10000000",
      // The bound on memory. While the lane is behind, a cheap request wakes the fetch thread (CommitThread).
      "queued.max.messages.kbytes": "4096",
    ].merging(shared) { $1 }
    if embedded { defaults.merge(["session.timeout.ms": "3000", "heartbeat.interval.ms": "500"]) { $1 } }
    if hasFetchBackoff { defaults["fetch.queue.backoff.ms"] = "5" }
    let fixed = [
      "bootstrap.servers": kafka.brokers, "group.id": kafka.groupID, "group.instance.id": instanceID,
      "enable.auto.commit": "false", "enable.auto.offset.store": "false", "isolation.level": "read_committed",
      "enable.partition.eof": "true", "auto.offset.reset": "error",
      // Equal partition numbers of all topics go to one member; roundrobin does not do that.
      "partition.assignment.strategy": "range", "allow.auto.create.topics": "false",
    ]
    return merged(defaults, kafka.consumerProperties, fixed)
  }

  static func producer(_ kafka: KafkaStreamConfig, embedded: Bool) -> Properties {
    let defaults = [
      "linger.ms": "5", "queue.buffering.max.messages": "100000", "queue.buffering.max.kbytes": "65536",
    ].merging(shared) { $1 }
    let fixed = [
      "bootstrap.servers": kafka.brokers, "enable.idempotence": "true", "acks": "all", "partitioner": "murmur2",
      "message.timeout.ms": String(kafka.deliveryTimeoutMs),
      // For its ListOffsets: the end with open transactions included.
      "isolation.level": "read_uncommitted",
      // A mistyped topic is said to be missing, not made; the embedded broker has only topics made by use.
      "allow.auto.create.topics": embedded ? "true" : "false",
    ]
    return merged(defaults, kafka.producerProperties, fixed)
  }

  /// `id`: of the lane, the same at every start, so that a new producer ends what an older one left open.
  static func transactionalProducer(_ kafka: KafkaStreamConfig, id: String, timeoutMs: Int, embedded: Bool) -> Properties {
    let transactions = [
      "transactional.id": id, "transaction.timeout.ms": String(timeoutMs),
      // The client waits so long before it asks again, such as for the end of the transaction before (librdkafka 2.0.2: 100 by default).
      "retry.backoff.ms": "10",
    ]
    var all = producer(kafka, embedded: embedded).filter { transactions[$0.name] == nil || kafka.producerProperties[$0.name] != nil }
    for (name, value) in transactions where !all.contains(where: { $0.name == name }) { all.append((name: name, value: value)) }
    return all.sorted { $0.name < $1.name }
  }

  /// A consumer that a program polls by itself: a member of its group that leaves it at its end.
  static func source(_ kafka: KafkaStreamConfig) -> Properties {
    let fixed = [
      "bootstrap.servers": kafka.brokers, "group.id": kafka.groupID, "enable.auto.commit": "false", "enable.auto.offset.store": "false",
      "enable.partition.eof": "true", "auto.offset.reset": "error", "allow.auto.create.topics": "false",
    ]
    return merged(shared.merging(["isolation.level": "read_committed"]) { $1 }, kafka.consumerProperties, fixed)
  }

  /// A client that asks and commits for the group without being a member.
  static func admin(_ kafka: KafkaStreamConfig) -> Properties {
    merged(
      shared, connection(kafka.consumerProperties),
      [
        "bootstrap.servers": kafka.brokers, "group.id": kafka.groupID, "enable.auto.commit": "false", "isolation.level": "read_committed",
        "allow.auto.create.topics": "false",
      ])
  }

  /// A producer that a program sends with by itself. Records without a key are spread.
  static func sink(_ kafka: KafkaStreamConfig) -> Properties {
    let fixed = [
      "bootstrap.servers": kafka.brokers, "enable.idempotence": "true", "acks": "all", "message.timeout.ms": String(kafka.deliveryTimeoutMs),
      "allow.auto.create.topics": "false",
    ]
    return merged(shared.merging(["linger.ms": "5", "partitioner": "murmur2_random"]) { $1 }, kafka.producerProperties, fixed)
  }

  /// Of a consumer's properties, those that decide whether a connection comes about.
  static func connection(_ properties: [String: String]) -> [String: String] {
    properties.filter { name, _ in ["security.", "sasl.", "ssl.", "enable.ssl."].contains { name.hasPrefix($0) } }
  }

  /// `connection`: security.*, sasl.*, ssl.*.
  static func probe(brokers: String, connection: [String: String]) -> Properties {
    merged(shared, connection, ["bootstrap.servers": brokers, "allow.auto.create.topics": "false"])
  }

  private static let shared = [
    "socket.timeout.ms": "10000", "reconnect.backoff.max.ms": "1000", "socket.nagle.disable": "true",
    "log.connection.close": "false",
  ]

  private static func merged(_ layers: [String: String]...) -> Properties {
    var all: [String: String] = [:]
    for layer in layers { all.merge(layer) { $1 } }
    return all.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
  }
}
