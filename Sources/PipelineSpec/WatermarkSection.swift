import RecordCodec

/// The member `watermark`.
struct WatermarkSection {
  static let known = ["strategy", "max_delay_ms", "idle_timeout_ms", "max_future_skew_ms", "max_drift_ms"]
  static let strategies = WordList(built: ["bounded_out_of_orderness", "ascending"], library: ["punctuated", "manual"])

  private var strategy = "bounded_out_of_orderness"
  private(set) var maxDelayMs: Int64 = 10_000
  private(set) var idleTimeoutMs: Int64 = 60_000
  private(set) var maxFutureSkewMs: Int64 = 10_000
  /// nil: by the window.
  private(set) var maxDriftMs: Int64?

  init(_ root: ObjectReader) {
    guard let reader = root.object("watermark") else { return }
    reader.refuseOthers(known: Self.known)
    strategy = reader.word("strategy", Self.strategies, default: strategy) ?? strategy
    let ascending = strategy == "ascending"
    maxDelayMs = reader.integer("max_delay_ms", in: SpecLimits.maxDelay, default: ascending ? 0 : maxDelayMs)
    if ascending, maxDelayMs != 0 {
      reader.faults.add(
        reader.place("max_delay_ms"), .conflict, "\"ascending\" means that there is no delay",
        suggestion: "remove it, or use \"bounded_out_of_orderness\"")
    }
    idleTimeoutMs = reader.integer("idle_timeout_ms", in: SpecLimits.idleTimeout, default: idleTimeoutMs)
    maxFutureSkewMs = reader.integer("max_future_skew_ms", in: SpecLimits.maxFutureSkew, default: maxFutureSkewMs)
    if let drift = reader["max_drift_ms"], drift != .null {
      maxDriftMs = reader.integer("max_drift_ms", in: SpecLimits.maxDrift, default: nil)
    }
  }

  var normalized: JSONValue {
    [
      "strategy": .string(strategy), "max_delay_ms": .integer(maxDelayMs), "idle_timeout_ms": .integer(idleTimeoutMs),
      "max_future_skew_ms": .integer(maxFutureSkewMs), "max_drift_ms": maxDriftMs.map { .integer($0) } ?? .null,
    ]
  }
}
