/// librdkafka 2.0.2's properties and the Java client's, sorted into what specs may set. Ranges are those of its CONFIGURATION.md,
/// narrowed where idempotence needs it.
extension ClientProperty {
  typealias Entry = (String, ClientSide, Rule)

  /// By name. A name stands here once for consumers and once for producers where the two differ.
  static let catalogue: [String: [ClientProperty]] = {
    var table: [String: [ClientProperty]] = [:]
    for (name, side, rule) in allowed + reserved + dangerous + secrets + java {
      table[name, default: []].append(ClientProperty(name: name, side: side, rule: rule))
    }
    return table
  }()

  private static let big: Int64 = 2_147_483_647

  private static func same(_ name: String, _ side: ClientSide, _ value: Value) -> Entry { (name, side, .allowed(as: name, value)) }
  private static func integer(_ name: String, _ side: ClientSide, _ range: ClosedRange<Int64>) -> Entry {
    same(name, side, .integer(range))
  }

  private static let codecs = ["none", "gzip", "snappy", "lz4", "zstd"]

  static let allowed: [Entry] = [
    same("client.id", .both, .text),
    same("client.rack", .both, .text),
    integer("message.max.bytes", .both, 1_000...1_000_000_000),
    integer("message.copy.max.bytes", .both, 0...1_000_000_000),
    integer("receive.message.max.bytes", .both, 1_000...big),
    integer("topic.metadata.refresh.interval.ms", .both, -1...3_600_000),
    integer("topic.metadata.refresh.fast.interval.ms", .both, 1...60_000),
    same("topic.metadata.refresh.sparse", .both, .flag),
    integer("topic.metadata.propagation.max.ms", .both, 0...3_600_000),
    integer("metadata.max.age.ms", .both, 1...86_400_000),
    integer("socket.timeout.ms", .both, 10...300_000),
    integer("socket.send.buffer.bytes", .both, 0...100_000_000),
    integer("socket.receive.buffer.bytes", .both, 0...100_000_000),
    same("socket.keepalive.enable", .both, .flag),
    same("socket.nagle.disable", .both, .flag),
    integer("socket.max.fails", .both, 0...1_000_000),
    integer("socket.connection.setup.timeout.ms", .both, 1_000...big),
    integer("connections.max.idle.ms", .both, 0...big),
    integer("broker.address.ttl", .both, 0...86_400_000),
    same("broker.address.family", .both, .word(["any", "v4", "v6"])),
    integer("reconnect.backoff.ms", .both, 0...3_600_000),
    integer("reconnect.backoff.max.ms", .both, 0...3_600_000),
    integer("api.version.request.timeout.ms", .both, 1...300_000),
    same("log.connection.close", .both, .flag),
    same("security.protocol", .both, .word(["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"])),
    ("sasl.mechanism", .both, .allowed(as: "sasl.mechanism", mechanisms)),
    ("sasl.mechanisms", .both, .allowed(as: "sasl.mechanism", mechanisms)),
    same("sasl.username", .both, .text),
    same("ssl.cipher.suites", .both, .text),
    same("ssl.curves.list", .both, .text),
    same("ssl.sigalgs.list", .both, .text),
    same("ssl.ca.pem", .both, .pem),
    same("ssl.certificate.pem", .both, .pem),
    same("enable.ssl.certificate.verification", .both, .flag),
    // Java switches the check off with an empty text.
    (
      "ssl.endpoint.identification.algorithm", .both,
      .allowed(as: "ssl.endpoint.identification.algorithm", .word(["none", "https"]), translate: { $0.isEmpty ? "none" : $0 })
    ),
    integer("session.timeout.ms", .consumer, 1...3_600_000),
    integer("heartbeat.interval.ms", .consumer, 1...3_600_000),
    integer("coordinator.query.interval.ms", .consumer, 1...3_600_000),
    integer("max.poll.interval.ms", .consumer, 1...86_400_000),
    integer("queued.min.messages", .consumer, 1...10_000_000),
    integer("queued.max.messages.kbytes", .consumer, 1...2_097_151),
    integer("fetch.wait.max.ms", .consumer, 0...300_000),
    integer("fetch.message.max.bytes", .consumer, 1...1_000_000_000),
    ("max.partition.fetch.bytes", .consumer, .allowed(as: "fetch.message.max.bytes", .integer(1...1_000_000_000))),
    integer("fetch.max.bytes", .consumer, 0...2_147_483_135),
    integer("fetch.min.bytes", .consumer, 1...100_000_000),
    integer("fetch.error.backoff.ms", .consumer, 0...300_000),
    same("check.crcs", .consumer, .flag),
    integer("queue.buffering.max.messages", .producer, 1...big),
    integer("queue.buffering.max.kbytes", .producer, 1...big),
    same("linger.ms", .producer, .number(0...900_000)),
    ("queue.buffering.max.ms", .producer, .allowed(as: "linger.ms", .number(0...900_000))),
    // Idempotent producers need at least one retry and at most 5 requests in flight.
    integer("retries", .producer, 1...big),
    ("message.send.max.retries", .producer, .allowed(as: "retries", .integer(1...big))),
    integer("max.in.flight.requests.per.connection", .producer, 1...5),
    ("max.in.flight", .producer, .allowed(as: "max.in.flight.requests.per.connection", .integer(1...5))),
    integer("retry.backoff.ms", .producer, 1...300_000),
    integer("queue.buffering.backpressure.threshold", .producer, 1...1_000_000),
    same("compression.type", .producer, .word(codecs)),
    ("compression.codec", .producer, .allowed(as: "compression.type", .word(codecs))),
    integer("compression.level", .producer, -1...12),
    integer("batch.num.messages", .producer, 1...1_000_000),
    integer("batch.size", .producer, 1...big),
    integer("request.timeout.ms", .producer, 1...900_000),
  ]

  private static let mechanisms = Value.mechanism(
    ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
    refused: [
      "GSSAPI": "Kerberos makes librdkafka run a command (kinit); there is PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512",
      "OAUTHBEARER": "OAuth makes librdkafka call a URL or a callback; there is PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512",
    ])

  private static let ownOffsets = "Penstock commits offsets itself, together with its checkpoints"
  private static let callback = "callbacks and library internals cannot be set from a spec"

  static let reserved: [Entry] = [
    ("bootstrap.servers", .both, .refused("the brokers have a member of their own", suggestion: "kafka.brokers")),
    ("metadata.broker.list", .both, .refused("the brokers have a member of their own", suggestion: "kafka.brokers")),
    ("group.id", .consumer, .refused("the group has a member of its own", suggestion: "kafka.group_id")),
    ("group.instance.id", .consumer, .refused("each lane has a fixed one, so that a restart gets its partitions back at once")),
    ("group.protocol.type", .consumer, .refused(callback)),
    ("partition.assignment.strategy", .consumer, .refused("it is always range: equal partition numbers of all topics must come together")),
    ("auto.offset.reset", .consumer, .refused("where a new group begins has a member of its own", suggestion: "start_at")),
    ("isolation.level", .both, .refused("the pipeline depends on it: the input is read committed")),
    ("enable.auto.commit", .consumer, .refused(ownOffsets, suggestion: "kafka.auto_commit_interval_ms")),
    ("auto.commit.enable", .consumer, .refused(ownOffsets, suggestion: "kafka.auto_commit_interval_ms")),
    ("auto.commit.interval.ms", .consumer, .refused(ownOffsets, suggestion: "kafka.auto_commit_interval_ms")),
    ("enable.auto.offset.store", .consumer, .refused(ownOffsets)),
    ("offset.store.method", .consumer, .refused(ownOffsets)),
    ("offset.store.path", .consumer, .refused(ownOffsets)),
    ("offset.store.sync.interval.ms", .consumer, .refused(ownOffsets)),
    ("enable.partition.eof", .consumer, .refused("idle partitions are found by it, so it is always on")),
    ("allow.auto.create.topics", .both, .refused("a pipeline never creates its input topics; a missing one is shown and tried again")),
    ("topic.blacklist", .consumer, .refused("the topics have a member of their own", suggestion: "kafka.input_topics")),
    ("consume.callback.max.messages", .consumer, .refused("batches have a member of their own", suggestion: "buffer_size")),
    ("transactional.id", .producer, .refused("transactions belong to delivery.guarantee", suggestion: "delivery.guarantee")),
    ("transaction.timeout.ms", .producer, .refused("transactions belong to delivery.guarantee", suggestion: "delivery.guarantee")),
    ("enable.idempotence", .producer, .refused("producers are always idempotent")),
    ("enable.gapless.guarantee", .producer, .refused("producers are always idempotent; a failed delivery sends the lane back to its checkpoint")),
    ("acks", .producer, .fixed(["all", "-1"], "results are always acknowledged by all in-sync replicas")),
    ("request.required.acks", .producer, .fixed(["all", "-1"], "results are always acknowledged by all in-sync replicas")),
    ("message.timeout.ms", .producer, .refused("it has a member of its own", suggestion: "kafka.delivery_timeout_ms")),
    ("delivery.timeout.ms", .producer, .refused("it has a member of its own", suggestion: "kafka.delivery_timeout_ms")),
    ("partitioner", .producer, .refused("results are always partitioned by murmur2, as Java's producers do")),
    ("partitioner.class", .producer, .refused("results are always partitioned by murmur2, as Java's producers do")),
    ("sticky.partitioning.linger.ms", .producer, .refused("results always have a key, so it has no effect")),
    ("queuing.strategy", .producer, .refused("results must keep their order")),
    ("delivery.report.only.error", .producer, .refused("each delivery is counted before a checkpoint is written")),
    ("statistics.interval.ms", .both, .refused("librdkafka's statistics stay off", suggestion: "GET /v1/pipelines/{name}/stats")),
    ("debug", .both, .refused("librdkafka's debug log may show credentials and fills the disk")),
    ("log_level", .both, .refused("the log belongs to the daemon")),
  ] + [
    "builtin.features", "enabled_events", "error_cb", "throttle_cb", "stats_cb", "log_cb", "background_event_cb", "socket_cb",
    "connect_cb", "closesocket_cb", "open_cb", "resolve_cb", "opaque", "default_topic_conf", "internal.termination.signal",
    "interceptors", "ssl.certificate.verify_cb", "ssl_engine_callback_data", "oauthbearer_token_refresh_cb", "consume_cb",
    "rebalance_cb", "offset_commit_cb", "dr_cb", "dr_msg_cb", "partitioner_cb", "msg_order_cmp", "log.queue", "log.thread.name",
    "enable.random.seed", "api.version.request", "api.version.fallback.ms", "broker.version.fallback", "ssl_key",
    "ssl_certificate", "ssl_ca", "ssl.ca.certificate.stores",
  ].map { ($0, .both, .refused(callback)) }

  static let dangerous: [Entry] = {
    let code = "it loads code into the daemon"
    let command = "Kerberos makes librdkafka run a command (kinit) with this in it"
    let file = "it makes the daemon read a file of its machine"
    let url = "OAuth makes librdkafka call a URL or a callback"
    var entries: [Entry] = [
      ("plugin.library.paths", .both, .refused(code)),
      ("ssl.engine.location", .both, .refused(code)), ("ssl.engine.id", .both, .refused(code)),
      ("ssl.providers", .both, .refused(code)),
      ("ssl.ca.location", .both, .refused(file, suggestion: "ssl.ca.pem with the certificates themselves, or with ${file:NAME}")),
      ("ssl.truststore.location", .both, .refused(file, suggestion: "ssl.ca.pem with the certificates themselves, or with ${file:NAME}")),
      ("ssl.certificate.location", .both, .refused(file, suggestion: "ssl.certificate.pem with the certificate itself, or with ${file:NAME}")),
      ("ssl.key.location", .both, .refused(file, suggestion: "ssl.key.pem with ${file:NAME}")), ("ssl.crl.location", .both, .refused(file)),
      ("ssl.keystore.location", .both, .refused(file, suggestion: "ssl.certificate.pem, and ssl.key.pem with ${file:NAME}")),
      ("sasl.jaas.config", .both, .refused("librdkafka has a property for each part of it", suggestion: "sasl.mechanism, sasl.username, and sasl.password with ${env:NAME} or ${file:NAME}")),
      ("sasl.oauthbearer.client.secret", .both, .refused(url)),
      ("ssl.keystore.password", .both, .refused("librdkafka takes PEM here", suggestion: "ssl.key.password with ${env:NAME} or ${file:NAME}")),
      ("ssl.keystore.key", .both, .refused("librdkafka has another name for it", suggestion: "ssl.key.pem with ${file:NAME}")),
      ("ssl.truststore.password", .both, .refused("certificates are written as PEM, which needs no password", suggestion: "ssl.ca.pem")),
      ("enable.sasl.oauthbearer.unsecure.jwt", .both, .refused("it turns off the check of tokens")),
      ("sasl.login.callback.handler.class", .both, .refused(url)),
      (
        "ssl.protocol", .both, .refused("librdkafka takes the best TLS version that both sides know")
      ),
      (
        "ssl.enabled.protocols", .both, .refused("librdkafka takes the best TLS version that both sides know")
      ),
    ]
    for name in ["service.name", "principal", "kinit.cmd", "keytab", "min.time.before.relogin"] {
      entries.append(("sasl.kerberos.\(name)", .both, .refused(command)))
    }
    for name in ["config", "method", "client.id", "scope", "extensions", "token.endpoint.url"] {
      entries.append(("sasl.oauthbearer.\(name)", .both, .refused(url)))
    }
    return entries
  }()

  static let secrets: [Entry] = ["sasl.password", "ssl.key.password", "ssl.key.pem"].map { ($0, .both, .secret) }

  static let java: [Entry] = [
    ("fetch.max.wait.ms", .consumer, .allowed(as: "fetch.wait.max.ms", .integer(0...300_000))),
    // Java's -1 means the system's size, which is 0 in librdkafka.
    (
      "receive.buffer.bytes", .both,
      .allowed(as: "socket.receive.buffer.bytes", .integer(0...100_000_000), translate: { $0 == "-1" ? "0" : $0 })
    ),
    (
      "send.buffer.bytes", .both,
      .allowed(as: "socket.send.buffer.bytes", .integer(0...100_000_000), translate: { $0 == "-1" ? "0" : $0 })
    ),
    ("request.timeout.ms", .consumer, .allowed(as: "socket.timeout.ms", .integer(10...300_000))),
    // Bytes to KiB, rounded up.
    (
      "buffer.memory", .producer,
      .allowed(
        as: "queue.buffering.max.kbytes", .integer(1...big),
        translate: { text in Int64(text).map { $0 <= 0 ? text : String(($0 - 1) / 1_024 + 1) } ?? text })
    ),
    ("max.request.size", .producer, .allowed(as: "message.max.bytes", .integer(1_000...1_000_000_000))),
    ("topic.metadata.refresh.fast.cnt", .both, .ignored("librdkafka no longer uses it")),
    ("socket.blocking.max.ms", .both, .ignored("librdkafka no longer uses it")),
    ("reconnect.backoff.jitter.ms", .both, .ignored("librdkafka no longer uses it")),
    ("produce.offset.report", .producer, .ignored("librdkafka no longer uses it")),
    ("max.poll.records", .consumer, .ignored("batches have a member of their own", suggestion: "buffer_size")),
    ("key.deserializer", .consumer, .ignored("the format has a member of its own", suggestion: "event.format")),
    ("value.deserializer", .consumer, .ignored("the format has a member of its own", suggestion: "event.format")),
    ("key.serializer", .producer, .ignored("results are written as JSON")),
    ("value.serializer", .producer, .ignored("results are written as JSON")),
    ("max.block.ms", .producer, .ignored("a full queue holds the input back and never fails")),
    ("retry.backoff.ms", .consumer, .ignored("consumers of librdkafka 2.0 have no such setting")),
    ("retry.backoff.max.ms", .both, .ignored("librdkafka 2.0 has no such setting")),
    ("default.api.timeout.ms", .consumer, .ignored("calls have limits of their own here")),
    ("exclude.internal.topics", .consumer, .ignored("only the topics of kafka.input_topics are read")),
    ("client.dns.lookup", .both, .ignored("librdkafka tries every address")),
    ("socket.connection.setup.timeout.max.ms", .both, .ignored("there is only socket.connection.setup.timeout.ms")),
    ("partitioner.ignore.keys", .producer, .ignored("results always have a key, and it chooses the partition")),
    ("partitioner.adaptive.partitioning.enable", .producer, .ignored("the key chooses the partition")),
    ("partitioner.availability.timeout.ms", .producer, .ignored("the key chooses the partition")),
    ("metadata.max.idle.ms", .producer, .ignored("librdkafka has no such setting")),
    ("interceptor.classes", .both, .ignored("Java classes have no place here")),
    ("metric.reporters", .both, .ignored("Java classes have no place here")),
    ("auto.include.jmx.reporter", .both, .ignored("there is no JMX here")),
    ("metrics.num.samples", .both, .ignored("there is no JMX here")),
    ("metrics.recording.level", .both, .ignored("there is no JMX here")),
    ("metrics.sample.window.ms", .both, .ignored("there is no JMX here")),
    ("ssl.truststore.type", .both, .ignored("certificates are written as PEM")),
    ("ssl.keystore.type", .both, .ignored("certificates are written as PEM")),
  ]
}
