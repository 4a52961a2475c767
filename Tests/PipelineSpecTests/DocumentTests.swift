import PipelineSpec
import RecordCodec
import StreamEngine
import Testing

@Suite("A spec as a document")
struct DocumentTests {
  @Test("the least document gets every default of the design")
  func defaults() throws {
    let spec = try Fixtures.parse(Fixtures.least)
    #expect(spec.name == "latency")
    #expect(spec.desired == nil)
    #expect(spec.document == Fixtures.least)
    #expect(spec.warnings.isEmpty)
    let compiled = spec.compiled
    #expect(compiled.brokers == "localhost:9092")
    #expect(compiled.groupID == "penstock-latency")
    #expect(compiled.inputTopics == ["requests"])
    #expect(compiled.outputTopic == "latency-1m")
    #expect(compiled.consumerProperties.isEmpty && compiled.producerProperties.isEmpty && compiled.connectionProperties.isEmpty)
    #expect(compiled.decoder.timestamp == .kafka)
    #expect(compiled.decoder.key == .kafka)
    #expect(compiled.executor.window == .tumbling(size: 60_000, offset: 0))
    #expect(compiled.memberNames == ["count", "avg_latency_ms"])
    #expect(compiled.startAt == .earliest)
    let expected: JSONValue = [
      "name": "latency", "description": "", "labels": [:],
      "kafka": [
        "brokers": "localhost:9092", "group_id": "penstock-latency", "input_topics": ["requests"], "output_topic": "latency-1m",
        "auto_commit_interval_ms": 5000, "poll_timeout_ms": 100, "delivery_timeout_ms": 5000, "max_produce_retries": 3,
        "consumer_config": [:], "producer_config": [:],
      ],
      "event": ["format": "json", "timestamp": ["from": "kafka"], "key": ["from": "kafka", "scope": "partition"]],
      "window": ["type": "tumbling", "size_ms": 60000, "offset_ms": 0, "allowed_lateness_ms": 5000],
      "watermark": [
        "strategy": "bounded_out_of_orderness", "max_delay_ms": 10000, "idle_timeout_ms": 60000, "max_future_skew_ms": 10000,
        "max_drift_ms": .null,
      ],
      "aggregations": [
        ["as": "count", "function": "count"], ["as": "avg_latency_ms", "function": "avg", "field": "latency_ms"],
      ],
      "emit": ["when": "on_close", "timestamp": "window"], "delivery": ["guarantee": "at_least_once"],
      "errors": ["on_decode_error": "skip", "on_late": "drop", "on_produce_error": "retry", "dead_letter_topic": .null],
      "start_at": "earliest", "stop_at": .null, "limits": ["max_keys": 5000000, "max_state_bytes": 1073741824], "parallelism": 1,
      "buffer_size": 10000,
    ]
    #expect(spec.normalized == expected)
  }

  @Test("every member of a full document reaches what runs")
  func full() throws {
    let spec = try Fixtures.parse(Fixtures.full)
    let compiled = spec.compiled
    #expect(spec.desired == "running")
    #expect(spec.document == Fixtures.change(Fixtures.full, ["desired"], nil))
    #expect(compiled.brokers == "a:1,[::1]:2")
    #expect(compiled.groupID == "g" && compiled.inputTopics == ["x", "y"] && compiled.outputTopic == "z")
    #expect(compiled.autoCommitIntervalMs == 1_000 && compiled.pollTimeoutMs == 50)
    #expect(compiled.deliveryTimeoutMs == 7_000 && compiled.maxProduceRetries == 4)
    #expect(compiled.consumerProperties == ["fetch.wait.max.ms": "20", "security.protocol": "ssl", "check.crcs": "true"])
    #expect(compiled.producerProperties == ["linger.ms": "0.5", "security.protocol": "ssl", "queue.buffering.max.kbytes": "32769"])
    #expect(compiled.connectionProperties == ["security.protocol": "ssl"])
    #expect(spec.warnings.map(\.pointer) == ["/kafka/consumer_config/max.poll.records"])
    #expect(compiled.decoder.timestamp == .field(FieldPath("time.at"), .nanoseconds))
    #expect(compiled.decoder.key == .fields([FieldPath("user"), FieldPath("model")], .composite))
    #expect(compiled.scope == .partition && compiled.parallelism == 3 && compiled.bufferSize == 77)
    #expect(compiled.executor.window == .tumbling(size: 1_000, offset: 250))
    #expect(compiled.executor.allowedLateness == 0 && compiled.executor.maxDelay == 1 && compiled.executor.maxFutureSkew == 3)
    #expect(compiled.executor.maxKeysPerSlice == 10 && compiled.executor.maxStateBytes == 2_000_000)
    #expect(compiled.idleTimeoutMs == 2)
    #expect(compiled.startAt == .timestamp(5))
    #expect(compiled.labels == ["team": "ml"] && compiled.description == "Latency")
    #expect(compiled.maxDriftMs == 4 && compiled.resultTimestampNow && compiled.executor.earlyInterval == 2_500)
    #expect(compiled.executor.watermark == .boundedOutOfOrderness)
    #expect(
      compiled.decoder.filter
        == .all([.compare(FieldPath("status"), .greaterOrEqual, .integer(500)), .not(.exists(FieldPath("test")))]))
    let names = ["n", "sum_usage_total", "avg_usage_total", "count_usage_total", "max_price", "dear", "share", "p99_9_price", "p50_price"]
    #expect(compiled.memberNames == names + ["spread", "distinct_user", "rate"])
    #expect(
      compiled.decoder.fields
        == [
          FieldColumn(FieldPath("usage.total")), FieldColumn(FieldPath("usage.total"), .presence), FieldColumn(FieldPath("price")),
          FieldColumn(FieldPath(""), .always, condition: .compare(FieldPath("price"), .greater, .double(1.5))),
          FieldColumn(FieldPath("user"), .scalar),
        ])
    let plans = compiled.executor.aggregations
    #expect(plans.map(\.field) == [nil, 0, 0, 1, 2, 3, nil, 2, 2, 2, 4, nil])
    #expect(
      plans.map(\.function)
        == [.count, .sum, .avg, .count, .max, .count, .expression, .percentile, .percentile, .stddev, .distinct, .rate])
    #expect(plans[6].expression?.steps == [.member(5), .member(0), .divide])
    #expect(plans[7].percentile == 99.9 && plans[8].percentile == 50 && plans[9].population)
    #expect(compiled.executor.fieldCount == 5)
  }

  @Test("a document is taken back unchanged, and its long form means the same", arguments: Fixtures.all)
  func roundTrip(document: JSONValue) throws {
    var spec = try Fixtures.parse(document)
    spec.desired = nil
    #expect(try Fixtures.parse(spec.document) == spec)
    let long = try Fixtures.parse(spec.normalized)
    #expect(long.compiled == spec.compiled)
    #expect(long.normalized == spec.normalized)
    #expect(try JSONValue.parse(spec.normalized.serialized()) == spec.normalized)
  }

  @Test("a name comes from the path or the body, and the two must agree")
  func names() throws {
    let nameless = Fixtures.least("name", nil)
    let spec = try Fixtures.parse(nameless, name: "other")
    #expect(spec.name == "other")
    #expect(spec.compiled.groupID == "penstock-other")
    #expect(spec.document["name"] == "other")
    #expect(try Fixtures.parse(spec.document) == spec)
    #expect(try Fixtures.parse(Fixtures.least, name: "latency").document == Fixtures.least)
    #expect(Fixtures.faults(Fixtures.least, name: "other").map(\.pointer) == ["/name"])
    #expect(Fixtures.faults(Fixtures.least, name: "other").map(\.code) == ["conflict"])
    #expect(Fixtures.faults(nameless, name: "Not/Valid").map(\.pointer) == ["/name"])
    #expect(try Fixtures.parse(Fixtures.least("name", .string(RuleTests.name63))).name == RuleTests.name63)
  }

  @Test("without brokers in the spec or the daemon, the fault says where they would stand")
  func brokersMissing() {
    let faults = Fixtures.faults(Fixtures.least, defaults: SpecDefaults())
    #expect(faults.map(\.pointer) == ["/kafka/brokers"])
    #expect(faults.map(\.code) == ["missing"])
  }

  @Test("a broker without its port gets the suggestion with one")
  func brokerSuggestion() {
    #expect(Fixtures.faults(Fixtures.least("kafka/brokers", "kafka-1")).map(\.suggestion) == ["kafka-1:9092"])
    #expect(Fixtures.faults(Fixtures.least("kafka/brokers", "[::1]")).map(\.suggestion) == ["[::1]:9092"])
  }

  @Test("a count must be written as an integer, even where another number has the same value", arguments: ["1e3", "5.0", "1E0", "-0.0"])
  func integersOnly(text: String) throws {
    let size = try JSONValue.parse(Array(text.utf8))
    #expect(Fixtures.faults(Fixtures.least("window/size_ms", size)).map(\.code) == ["wrong_type"])
  }

  @Test("all faults of a document come at once")
  func everyFault() {
    var document = Fixtures.least("kafka/output_topics", "x")
    for (path, value) in [
      (["window", "size_ms"], JSONValue.string("60000")), (["aggregations"], ["avg"]), (["wndow"], [:]), (["kafka", "brokers"], "h"),
    ] {
      document = Fixtures.change(document, path, value)
    }
    let pointers = Set(Fixtures.faults(document).map(\.pointer))
    #expect(pointers == ["/kafka/output_topics", "/window/size_ms", "/aggregations/0", "/wndow", "/kafka/brokers"])
  }

  @Test("a mistyped name gets the nearest known one", arguments: [
    ("wndow", "window"), ("kafka/output_topics", "output_topic"), ("window/size", "size_ms"), ("watermark/max_delay", "max_delay_ms"),
    ("kafka/borkers", "brokers"), ("something_else", nil), ("filter", "event.filter"), ("where", "event.filter"), ("event/where", "filter"),
    ("event/fliter", "filter"), ("event/column", "columns"), ("window/slide", "slide_ms"), ("window/max_age", "max_age_ms"),
    ("watermark/max_drift", "max_drift_ms"), ("emit/every", "every_ms"),
  ])
  func suggestions(path: String, near: String?) {
    #expect(Fixtures.faults(Fixtures.least(path, 1)).map(\.suggestion) == [near])
  }

  @Test("a mistyped word gets the nearest known one")
  func wordSuggestions() {
    #expect(Fixtures.faults(Fixtures.least("window/type", "tumblin")).map(\.suggestion) == ["tumbling"])
    #expect(Fixtures.faults(Fixtures.least("start_at", "erliest")).map(\.suggestion) == ["earliest"])
    #expect(Fixtures.faults(Fixtures.least("aggregations", ["agv(x)"])).map(\.suggestion) == ["avg"])
    #expect(Fixtures.faults(Fixtures.least("aggregations", ["p75(x)"])).map(\.suggestion) == ["percentile(75, field)"])
    #expect(Fixtures.faults(Fixtures.least("aggregations", ["p99.9(x)"])).map(\.suggestion) == ["percentile(99.9, field)"])
    #expect(Fixtures.faults(Fixtures.least("aggregations", ["mean(x)"])).map(\.suggestion) == ["avg"])
    #expect(Fixtures.faults(Fixtures.least("window/type", "hopping")).map(\.suggestion) == ["sliding"])
  }

  @Test("pointers are escaped, and name the whole document as nothing")
  func pointers() {
    #expect(Fixtures.faults(Fixtures.change(Fixtures.least, ["a~/b"], 1)).map(\.pointer) == ["/a~0~1b"])
    for value: JSONValue in [.null, [], "x", 7, 1.5, true] {
      #expect(Fixtures.faults(value).map(\.pointer) == [""])
      #expect(Fixtures.faults(value).map(\.code) == ["wrong_type"])
    }
  }

  @Test("a member that is there twice is a fault, at any depth")
  func duplicates() {
    guard case .object(var members) = Fixtures.least else { return }
    members.append(.init("name", "latency"))
    #expect(Fixtures.faults(.object(members)).map(\.pointer) == ["/name"])
    let window: JSONValue = .object([.init("type", "tumbling"), .init("size_ms", 1), .init("size_ms", 2)])
    let faults = Fixtures.faults(Fixtures.least("window", window))
    #expect(faults.map(\.pointer) == ["/window/size_ms"])
    #expect(faults.map(\.code) == ["duplicate_member"])
  }

  @Test("a payload key is global and cannot have several lanes; partition scope can")
  func scopes() throws {
    let short = Fixtures.least("event/key", ["field": "model"])
    let compiled = try Fixtures.parse(short).compiled
    #expect(compiled.scope == .global)
    #expect(compiled.decoder.key == .fields([FieldPath("model")], .plain))
    #expect(try Fixtures.parse(Fixtures.least("event/key", ["fields": ["model"]])).compiled == compiled)
    let lanes = Fixtures.change(short, ["parallelism"], 2)
    #expect(Fixtures.faults(lanes).map(\.pointer) == ["/parallelism"])
    #expect(Fixtures.faults(lanes).first?.detail.contains("any partition") == true)
    #expect(try Fixtures.parse(Fixtures.change(lanes, ["event", "key", "scope"], "partition")).compiled.parallelism == 2)
    #expect(try Fixtures.parse(Fixtures.least("parallelism", 2)).compiled.scope == .partition)
    let kafkaGlobal = Fixtures.change(Fixtures.least("event/key", ["from": "kafka", "scope": "global"]), ["parallelism"], 2)
    #expect(Fixtures.faults(kafkaGlobal).map(\.pointer) == ["/parallelism"])
  }

  @Test("a strictly ascending input has no delay")
  func ascending() throws {
    let spec = try Fixtures.parse(Fixtures.least("watermark", ["strategy": "ascending"]))
    #expect(spec.compiled.executor.maxDelay == 0)
    #expect(try Fixtures.parse(spec.normalized).compiled == spec.compiled)
  }

  @Test("the list of faults is cut, and says so")
  func manyFaults() {
    let members = (0..<5_000).map { JSONValue.Member("unknown\($0)", 1) }
    let faults = Fixtures.faults(.object(members))
    #expect(faults.count == SpecLimits.maxFaults + 1)
    #expect(faults.last?.code == "too_many_faults")
  }

  @Test("a batch that would take too much memory is refused with what fits")
  func batchCells() {
    let items = (0..<256).map { JSONValue.string("sum(f\($0))") }
    let document = Fixtures.change(Fixtures.least("aggregations", .array(items)), ["buffer_size"], 100_000)
    #expect(Fixtures.faults(document).map(\.pointer) == ["/buffer_size"])
    #expect(Fixtures.faults(Fixtures.change(document, ["buffer_size"], 15_625)).isEmpty)
  }
}
