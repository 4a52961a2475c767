import RecordCodec
import StreamEngine

/// The members `window` and `watermark`.
struct WindowSection {
  static let types = WordList(built: ["tumbling"], notYet: ["sliding", "session", "count"], later: ["none", "global"])
  /// Members of the types that are not built.
  static let otherTypes = ["slide_ms": "sliding", "gap_ms": "session", "count": "count", "max_age_ms": "count"]
  static let known = ["type", "size_ms", "offset_ms", "allowed_lateness_ms"]
  static let watermarkKnown = ["strategy", "max_delay_ms", "idle_timeout_ms", "max_future_skew_ms"]
  static let strategies = WordList(
    built: ["bounded_out_of_orderness", "ascending"], notYet: ["punctuated", "manual"])

  var (size, offset): (Int64, Int64) = (1, 0)
  var allowedLatenessMs: Int64 = 5_000
  var strategy = "bounded_out_of_orderness"
  var maxDelayMs: Int64 = 10_000
  var idleTimeoutMs: Int64 = 60_000
  var maxFutureSkewMs: Int64 = 10_000

  init(_ root: ObjectReader) {
    let required = "required, such as {\"type\": \"tumbling\", \"size_ms\": 60000}; pipelines without a window come later"
    if let value = root.required("window", required), let reader = ObjectReader(value, at: root.place("window"), root.faults) {
      readWindow(reader)
    }
    if let reader = root.object("watermark") { readWatermark(reader) }
  }

  private mutating func readWindow(_ reader: ObjectReader) {
    reader.refuseOthers(known: Self.known + Self.otherTypes.keys.sorted())
    // Without a type that works nothing can be said about the other members.
    guard reader.word("type", Self.types, default: nil) != nil else { return }
    for (name, type) in Self.otherTypes.sorted(by: { $0.key < $1.key }) where reader[name] != nil {
      reader.faults.add(
        reader.place(name), .conflict, "belongs to \(type) windows, and this one is tumbling", suggestion: "remove it")
    }
    let size = reader.integer("size_ms", in: SpecLimits.windowSize, default: nil)
    let offset = reader.integer("offset_ms", in: 0...SpecLimits.longestTime, default: 0)
    if reader["size_ms"]?.integerValue == size, offset >= size {
      reader.faults.add(
        reader.place("offset_ms"), .outOfRange, "must be from 0 to less than size_ms", suggestion: String(offset % size))
    }
    (self.size, self.offset) = (size, offset)
    allowedLatenessMs = reader.integer("allowed_lateness_ms", in: SpecLimits.allowedLateness, default: allowedLatenessMs)
  }

  private mutating func readWatermark(_ reader: ObjectReader) {
    reader.refuseOthers(
      known: Self.watermarkKnown, later: ["max_drift_ms": "a limit on drift is not supported yet; partitions are read at their own pace"])
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
  }

  var normalizedWindow: JSONValue {
    [
      "type": "tumbling", "size_ms": .integer(size), "offset_ms": .integer(offset),
      "allowed_lateness_ms": .integer(allowedLatenessMs),
    ]
  }

  var normalizedWatermark: JSONValue {
    [
      "strategy": .string(strategy), "max_delay_ms": .integer(maxDelayMs), "idle_timeout_ms": .integer(idleTimeoutMs),
      "max_future_skew_ms": .integer(maxFutureSkewMs),
    ]
  }
}
