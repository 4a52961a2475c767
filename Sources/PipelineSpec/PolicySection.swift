import RecordCodec

/// The members `emit`, `delivery`, `errors`, `start_at`, `stop_at`, `limits`, `parallelism` and `buffer_size`.
struct PolicySection {
  /// nil: results come out once their window closes.
  var earlyIntervalMs: Int64?
  var resultTimestampNow = false
  var startAt = SpecStart.earliest
  var maxKeys: Int64 = 5_000_000
  var maxStateBytes: Int64 = 1 << 30
  var parallelism: Int64 = 1
  var bufferSize: Int64 = 10_000

  init(_ root: ObjectReader) {
    if let emit = root.object("emit") { readEmit(emit) }
    if let delivery = root.object("delivery") {
      delivery.refuseOthers(known: ["guarantee"])
      _ = delivery.word(
        "guarantee", WordList(built: ["at_least_once"], notYet: ["exactly_once"]), default: "at_least_once")
    }
    if let errors = root.object("errors") { Self.readErrors(errors) }
    readStart(root)
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

  private static func readErrors(_ errors: ObjectReader) {
    errors.refuseOthers(known: ["on_decode_error", "on_late", "on_produce_error", "dead_letter_topic"])
    _ = errors.word("on_decode_error", WordList(built: ["skip"], notYet: ["dead_letter", "fail"]), default: "skip")
    _ = errors.word("on_late", WordList(built: ["drop"], notYet: ["dead_letter"]), default: "drop")
    _ = errors.word("on_produce_error", WordList(built: ["retry"], notYet: ["dead_letter", "fail"]), default: "retry")
    switch errors["dead_letter_topic"] {
    case nil, .null: break
    case .string:
      errors.faults.add(
        errors.place("dead_letter_topic"), .notSupportedYet,
        "dead letters are not supported yet; records that cannot be used are skipped and counted by reason", suggestion: "null")
    case let other?:
      errors.faults.add(
        errors.place("dead_letter_topic"), .wrongType, "must be null or a string, not \(SpecText.typeName(other))")
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
      .init("delivery", ["guarantee": "at_least_once"]),
      .init("errors", ["on_decode_error": "skip", "on_late": "drop", "on_produce_error": "retry", "dead_letter_topic": .null]),
      .init("start_at", normalizedStart),
      .init("limits", ["max_keys": .integer(maxKeys), "max_state_bytes": .integer(maxStateBytes)]),
      .init("parallelism", .integer(parallelism)),
      .init("buffer_size", .integer(bufferSize)),
    ]
  }
}
