import RecordCodec
import Testing

@testable import PipelineSpec

@Suite("Client properties of a spec")
struct ClientPropertyTests {
  /// Property, value, and the code it must bring on consumer and producer side ("" for accepted).
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var value: JSONValue
    var consumer: String
    var producer: String

    init(_ name: String, _ value: JSONValue, _ consumer: String, _ producer: String? = nil) {
      self.name = name
      self.value = value
      self.consumer = consumer
      self.producer = producer ?? consumer
    }
    var testDescription: String { name }
  }

  static let cases = [
    Case("bootstrap.servers", "a:1", "property_refused"), Case("metadata.broker.list", "a:1", "property_refused"),
    Case("group.id", "g", "property_refused", "unknown_member"), Case("group.instance.id", "x", "property_refused", "unknown_member"),
    Case("isolation.level", "read_uncommitted", "property_refused"), Case("transactional.id", "t", "unknown_member", "property_refused"),
    Case("partition.assignment.strategy", "range", "property_refused", "unknown_member"),
    Case("auto.offset.reset", "earliest", "property_refused", "unknown_member"),
    Case("enable.auto.commit", true, "property_refused", "unknown_member"),
    Case("enable.auto.offset.store", false, "property_refused", "unknown_member"),
    Case("enable.partition.eof", true, "property_refused", "unknown_member"),
    Case("enable.idempotence", true, "unknown_member", "property_refused"),
    Case("acks", 0, "unknown_member", "property_refused"), Case("acks", "1", "unknown_member", "property_refused"),
    Case("acks", "all", "unknown_member", ""), Case("acks", -1, "unknown_member", ""),
    Case("request.required.acks", 1, "unknown_member", "property_refused"),
    Case("message.timeout.ms", 1, "unknown_member", "property_refused"), Case("statistics.interval.ms", 1000, "property_refused"),
    Case("debug", "all", "property_refused"), Case("rebalance_cb", "x", "property_refused"), Case("opaque", 1, "property_refused"),
    Case("plugin.library.paths", "/tmp/x.so", "property_refused"), Case("sasl.kerberos.kinit.cmd", "rm -rf /", "property_refused"),
    Case("sasl.kerberos.principal", "a; rm", "property_refused"), Case("ssl.ca.location", "/etc/passwd", "property_refused"),
    Case("ssl.key.location", "/k", "property_refused"), Case("ssl.engine.location", "/x.so", "property_refused"),
    Case("ssl.providers", "x", "property_refused"), Case("sasl.oauthbearer.token.endpoint.url", "http://x", "property_refused"),
    Case("sasl.mechanism", "GSSAPI", "property_refused"), Case("sasl.mechanisms", "OAUTHBEARER", "property_refused"),
    Case("sasl.mechanism", "CRAM", "unknown_value"), Case("sasl.mechanism", "scram-sha-256", ""),
    Case("sasl.password", "hunter2", "secret_literal"), Case("sasl.password", 5, "secret_literal"),
    Case("sasl.password", "${env:PW}", ""), Case("ssl.key.password", "${file:pw}", ""), Case("ssl.key.pem", "${file:client.key}", ""),
    Case("sasl.password", "${env:}", "bad_format"), Case("sasl.password", "${file:../pw}", "bad_format"), Case("sasl.password", "${file:.pw}", "bad_format"),
    Case("sasl.password", "${env:A}x", "bad_format"), Case("sasl.password", "${vault:x}", "bad_format"), Case("linger.ms", "${env:MS}", "unknown_member", "bad_format"),
    Case("ssl.key.pem", "-----BEGIN", "secret_literal"), Case("sasl.jaas.config", "x password=y", "property_refused"),
    Case("client.id", "${env:ID}", ""), Case("sasl.username", "${file:user}", ""),
    Case("fetch.min.byts", 1, "unknown_member"), Case("", 1, "unknown_member"),
    Case("fetch.min.bytes", 1, "", "unknown_member"), Case("linger.ms", 1, "unknown_member", ""),
    Case("fetch.min.bytes", 0, "out_of_range", "unknown_member"), Case("fetch.min.bytes", "x", "wrong_type", "unknown_member"),
    Case("fetch.min.bytes", 1.5, "wrong_type", "unknown_member"), Case("fetch.min.bytes", .null, "wrong_type", "unknown_member"),
    Case("fetch.min.bytes", "", "empty", "unknown_member"), Case("fetch.min.bytes", "99999999999999999999", "wrong_type", "unknown_member"),
    Case("client.id", [], "wrong_type"), Case("client.id", "a\u{0}b", "bad_format"),
    Case("client.id", .string(String(repeating: "x", count: 1_025)), "too_long"),
    Case("check.crcs", "yes", "unknown_value", "unknown_member"), Case("check.crcs", "TRUE", "", "unknown_member"),
    Case("security.protocol", "tls", "unknown_value"),
    Case("linger.ms", "inf", "unknown_member", "wrong_type"), Case("linger.ms", "0x1p3", "unknown_member", "wrong_type"),
    Case("linger.ms", 5_000, "unknown_member", "conflict"), Case("linger.ms", 4_999.5, "unknown_member", ""),
    Case("retries", 0, "unknown_member", "out_of_range"), Case("max.in.flight", 6, "unknown_member", "out_of_range"),
    Case("compression.type", "zstd", "unknown_member", ""), Case("compression.type", "zip", "unknown_member", "unknown_value"),
    Case("session.timeout.ms", 300_001, "conflict", "unknown_member"), Case("reconnect.backoff.ms", 2_000, "conflict"),
    Case("fetch.max.bytes", 999_999, "conflict", "unknown_member"), Case("message.max.bytes", 60_000_000, ""),
    Case("receive.message.max.bytes", 10_000_000, ""), Case("receive.message.max.bytes", 4_194_815, "conflict", ""),
    Case("ssl.ca.pem", "-----BEGIN\nx\n", ""),
  ]

  @Test("each property is accepted or refused on its side", arguments: cases)
  func property(_ example: Case) {
    for (member, code) in [("consumer_config", example.consumer), ("producer_config", example.producer)] {
      let document = Fixtures.change(Fixtures.least, ["kafka", member, example.name], example.value)
      let faults = Fixtures.faults(document)
      #expect(faults.map(\.code) == (code.isEmpty ? [] : [code]), "\(member)")
      for fault in faults {
        #expect(fault.pointer == "/kafka/\(member)/\(example.name)")
        #expect(!"\(fault)".contains("hunter2") && !"\(fault)".contains("password=y"))
      }
    }
  }

  @Test("a reserved property is refused with what to use instead", arguments: [
    ("auto.offset.reset", "start_at"), ("bootstrap.servers", "kafka.brokers"), ("group.id", "kafka.group_id"),
    ("enable.auto.commit", "kafka.auto_commit_interval_ms"), ("fetch.min.byts", "fetch.min.bytes"), ("sesion.timeout.ms", "session.timeout.ms"),
  ])
  func suggestions(name: String, suggestion: String) {
    let document = Fixtures.change(Fixtures.least, ["kafka", "consumer_config", name], "1")
    #expect(Fixtures.faults(document).map(\.suggestion) == [suggestion])
  }

  @Test("names of the Java client become librdkafka's", arguments: [
    ("consumer_config", "fetch.max.wait.ms", 500, "fetch.wait.max.ms", "500"),
    ("consumer_config", "receive.buffer.bytes", -1, "socket.receive.buffer.bytes", "0"),
    ("producer_config", "send.buffer.bytes", 131072, "socket.send.buffer.bytes", "131072"),
    ("consumer_config", "max.partition.fetch.bytes", 1_048_576, "fetch.message.max.bytes", "1048576"),
    ("consumer_config", "request.timeout.ms", 30_000, "socket.timeout.ms", "30000"),
    ("producer_config", "request.timeout.ms", 30_000, "request.timeout.ms", "30000"),
    ("producer_config", "buffer.memory", 33_554_432, "queue.buffering.max.kbytes", "32768"),
    ("producer_config", "buffer.memory", 1, "queue.buffering.max.kbytes", "1"),
    ("producer_config", "max.request.size", 2_000_000, "message.max.bytes", "2000000"),
    ("producer_config", "batch.size", 16_384, "batch.size", "16384"),
    ("producer_config", "compression.codec", "LZ4", "compression.type", "lz4"),
    ("consumer_config", "ssl.endpoint.identification.algorithm", "", "ssl.endpoint.identification.algorithm", "none"),
  ] as [(String, String, JSONValue, String, String)])
  func javaTwins(member: String, name: String, value: JSONValue, ownName: String, text: String) throws {
    let spec = try Fixtures.parse(Fixtures.change(Fixtures.least, ["kafka", member, name], value))
    let properties = member == "consumer_config" ? spec.compiled.consumerProperties : spec.compiled.producerProperties
    #expect(properties == [ownName: text])
    #expect(try Fixtures.parse(spec.normalized).compiled == spec.compiled)
  }

  @Test("a Java property without meaning here is accepted with a warning")
  func ignored() throws {
    var document = Fixtures.change(Fixtures.least, ["kafka", "consumer_config", "max.poll.records"], 500)
    document = Fixtures.change(document, ["kafka", "producer_config", "key.serializer"], "org.apache.kafka.StringSerializer")
    let spec = try Fixtures.parse(document)
    #expect(spec.warnings.map(\.pointer) == ["/kafka/consumer_config/max.poll.records", "/kafka/producer_config/key.serializer"])
    #expect(spec.warnings.first?.suggestion == "buffer_size")
    #expect(spec.compiled.consumerProperties.isEmpty && spec.compiled.producerProperties.isEmpty)
  }

  @Test("two names of one property in one client contradict each other")
  func aliases() {
    let document = Fixtures.change(
      Fixtures.least, ["kafka", "producer_config"], ["linger.ms": 5, "queue.buffering.max.ms": 6])
    #expect(Fixtures.faults(document).map(\.pointer) == ["/kafka/producer_config/queue.buffering.max.ms"])
    #expect(Fixtures.faults(document).map(\.code) == ["conflict"])
    let twice = Fixtures.change(
      Fixtures.least, ["kafka", "producer_config"], .object([.init("linger.ms", 5), .init("linger.ms", 6)]))
    #expect(Fixtures.faults(twice).map(\.code) == ["duplicate_member"])
  }

  @Test("consumer and producer speak one protocol, and SASL names its mechanism")
  func connections() throws {
    let tls: JSONValue = ["security.protocol": "ssl"]
    let half = Fixtures.change(Fixtures.least, ["kafka", "consumer_config"], tls)
    #expect(Fixtures.faults(half).map(\.pointer) == ["/kafka/producer_config/security.protocol"])
    #expect(Fixtures.faults(Fixtures.change(half, ["kafka", "producer_config"], tls)).isEmpty)
    let sasl: JSONValue = ["security.protocol": "SASL_SSL"]
    var document = Fixtures.change(Fixtures.least, ["kafka", "consumer_config"], sasl)
    document = Fixtures.change(document, ["kafka", "producer_config"], sasl)
    let places = ["consumer_config", "producer_config"].flatMap { ["/kafka/\($0)/sasl.mechanism", "/kafka/\($0)/sasl.username", "/kafka/\($0)/sasl.password"] }
    #expect(Fixtures.faults(document).map(\.pointer) == places)
    #expect(Fixtures.faults(document).map(\.code) == [String](repeating: "missing", count: 6))
  }

  @Test("the prober gets what decides about a connection")
  func connectionProperties() throws {
    let tls: JSONValue = [
      "security.protocol": "ssl", "ssl.ca.pem": "x", "enable.ssl.certificate.verification": false, "fetch.min.bytes": 2,
    ]
    var document = Fixtures.change(Fixtures.least, ["kafka", "consumer_config"], tls)
    document = Fixtures.change(document, ["kafka", "producer_config"], ["security.protocol": "ssl"])
    #expect(
      try Fixtures.parse(document).compiled.connectionProperties
        == ["security.protocol": "ssl", "ssl.ca.pem": "x", "enable.ssl.certificate.verification": "false"])
  }

  @Test("no property has two rules for one client")
  func catalogue() {
    for (name, entries) in ClientProperty.catalogue {
      for side in [ClientSide.consumer, .producer] {
        #expect(entries.count { $0.side == side || $0.side == .both } <= 1, "\(name)")
      }
    }
  }
}
