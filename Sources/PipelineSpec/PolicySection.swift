import RecordCodec

/// The members `emit`, `delivery`, `errors`, `start_at`, `stop_at`, `limits`, `parallelism` and `buffer_size`.
struct PolicySection {
  /// nil: results come out once their window closes.
  var earlyIntervalMs: Int64?
  var resultTimestampNow = false
  var exactlyOnce = false
  var errors: ErrorSection
  var startAt = SpecStart.earliest
  /// nil: the run has no end.
  var stopAt: SpecStop?
  var maxKeys: Int64 = 5_000_000
  var maxStateBytes: Int64 = 1 << 30
  var parallelism: Int64 = 1
  var bufferSize: Int64 = 10_000

  /// `topics`: those that the pipeline reads and writes.
  init(_ root: ObjectReader, topics: [String]) {
    errors = ErrorSection(root, taken: topics)
    if let emit = root.object("emit") { readEmit(emit) }
    if let delivery = root.object("delivery") {
      delivery.refuseOthers(known: ["guarantee"])
      exactlyOnce = delivery.word("guarantee", WordList(built: ["at_least_once", "exactly_once"]), default: "at_least_once") == "exactly_once"
    }
    readStart(root)
    readStop(root)
    if let limits = root.object("limits") {
      limits.refuseOthers(known: ["max_keys", "max_state_bytes"])
      maxKeys = limits.integer("max_keys", in: SpecLimits.maxKeys, default: maxKeys)
      maxStateBytes = limits.integer("max_state_bytes", in: SpecLimits.maxStateBytes, default: maxStateBytes)
    }
    parallelism = root.integer("parallelism", in: SpecLimits.parallelism, default: parallelism)
    bufferSize = root.integer("buffer_size", in: SpecLimits.bufferSize, default: bufferSize)
  }

  private mutating func readEmit(_ emit: ObjectReader) {
    emit.refuseOthers(known: ["when", "every_ms", "timestamp"])
    resultTimestampNow = emit.word("timestamp", WordList(built: ["window", "now"]), default: "window") == "now"
    switch emit.word("when", WordList(built: ["on_close", "early"]), default: "on_close") {
    case "early": earlyIntervalMs = emit.integer("every_ms", in: SpecLimits.earlyInterval, default: nil)
    case "on_close":
      emit.refuse(
        ["every_ms"], "belongs to \"early\"; with \"on_close\" results come once their window closes",
        suggestion: "\"when\": \"early\", or remove it")
    default: break
    }
  }

  private mutating func readStart(_ root: ObjectReader) {
    switch root["start_at"] {
    case nil: break
    case .string(let text):
      let words = WordList(built: ["earliest", "latest"])
      if words.check(text, at: root.place("start_at"), root.faults) == "latest" { startAt = .latest }
    case .object:
      guard let reader = root.object("start_at") else { return }
      reader.refuseOthers(known: ["timestamp_ms"])
      startAt = .timestamp(reader.integer("timestamp_ms", in: SpecLimits.startTimestamp, default: nil))
    case let other?:
      root.faults.add(
        root.place("start_at"), .wrongType,
        "must be \"earliest\", \"latest\" or {\"timestamp_ms\": N}, not \(SpecText.typeName(other))")
    }
  }

  private mutating func readStop(_ root: ObjectReader) {
    switch root["stop_at"] {
    case nil, .null: break
    case .string(let text): if WordList(built: ["end"]).check(text, at: root.place("stop_at"), root.faults) != nil { stopAt = .end }
    case .object:
      guard let reader = root.object("stop_at") else { return }
      reader.refuseOthers(known: ["timestamp_ms"])
      stopAt = .timestamp(reader.integer("timestamp_ms", in: SpecLimits.startTimestamp, default: nil))
    case let other?:
      root.faults.add(root.place("stop_at"), .wrongType, "must be \"end\" or {\"timestamp_ms\": N}, not \(SpecText.typeName(other))")
    }
  }

  private var normalizedStop: JSONValue {
    switch stopAt {
    case nil: .null
    case .end: "end"
    case .timestamp(let ms): ["timestamp_ms": .integer(ms)]
    }
  }

  var normalizedStart: JSONValue {
    switch startAt {
    case .earliest: "earliest"
    case .latest: "latest"
    case .timestamp(let ms): ["timestamp_ms": .integer(ms)]
    }
  }

  private var normalizedEmit: JSONValue {
    let timestamp: JSONValue = resultTimestampNow ? "now" : "window"
    guard let interval = earlyIntervalMs else { return ["when": "on_close", "timestamp": timestamp] }
    return ["when": "early", "every_ms": .integer(interval), "timestamp": timestamp]
  }

  /// In the order in which they stand at the end of the normalized document.
  var normalized: [JSONValue.Member] {
    [
      .init("emit", normalizedEmit),
      .init("delivery", ["guarantee": exactlyOnce ? "exactly_once" : "at_least_once"]),
      .init("errors", errors.normalized),
      .init("start_at", normalizedStart),
      .init("stop_at", normalizedStop),
      .init("limits", ["max_keys": .integer(maxKeys), "max_state_bytes": .integer(maxStateBytes)]),
      .init("parallelism", .integer(parallelism)),
      .init("buffer_size", .integer(bufferSize)),
    ]
  }
}
