import RecordCodec
import StreamEngine

/// The member `window`.
struct WindowSection {
  static let types = WordList(
    built: ["tumbling", "sliding", "session", "count"], later: ["none", "global"], meanings: ["hopping": "sliding", "hop": "sliding"])
  /// Every member but the type, with the types that have it.
  static let members: [(name: String, types: [String])] = [
    ("size_ms", ["tumbling", "sliding"]), ("slide_ms", ["sliding"]), ("gap_ms", ["session"]), ("count", ["count"]),
    ("max_age_ms", ["count"]), ("offset_ms", ["tumbling", "sliding"]), ("allowed_lateness_ms", ["tumbling", "sliding", "session"]),
  ]

  private(set) var plan = WindowPlan.tumbling(size: 1, offset: 0)
  private(set) var allowedLatenessMs: Int64 = 5_000

  init(_ root: ObjectReader) {
    let required = "required, such as {\"type\": \"tumbling\", \"size_ms\": 60000}; pipelines without a window come later"
    guard let value = root.required("window", required), let reader = ObjectReader(value, at: root.place("window"), root.faults) else { return }
    reader.refuseOthers(known: ["type"] + Self.members.map(\.name), elsewhere: Self.elsewhere(reader["type"]))
    // Without a type that works nothing can be said about the other members.
    guard let type = reader.word("type", Self.types, default: nil) else { return }
    for (name, types) in Self.members where !types.contains(type) {
      reader.refuse([name], Self.why(name, types, type), suggestion: "remove it")
    }
    switch type {
    case "tumbling":
      let size = reader.integer("size_ms", in: SpecLimits.windowSize, default: nil)
      plan = .tumbling(size: size, offset: Self.offset(reader, below: size, "size_ms"))
    case "sliding": plan = Self.sliding(reader)
    case "session": plan = .session(gap: reader.integer("gap_ms", in: SpecLimits.sessionGap, default: nil))
    default:
      let count = reader.integer("count", in: SpecLimits.recordsPerWindow, default: nil)
      let hasAge = reader["max_age_ms"] != nil
      plan = .count(count, maxAge: hasAge ? reader.integer("max_age_ms", in: SpecLimits.maxAge, default: nil) : nil)
    }
    if type == "count" {
      allowedLatenessMs = 0
    } else {
      allowedLatenessMs = reader.integer("allowed_lateness_ms", in: SpecLimits.allowedLateness, default: allowedLatenessMs)
    }
  }

  /// What others call the members of that type of window.
  private static func elsewhere(_ type: JSONValue?) -> [String: String] {
    switch type {
    case "sliding", "hopping": ["advance_ms": "slide_ms", "hop_ms": "slide_ms"]
    case "session": ["size": "gap_ms", "timeout_ms": "gap_ms", "inactivity_gap_ms": "gap_ms"]
    case "count": ["size": "count"]
    default: [:]
    }
  }

  private static func why(_ name: String, _ types: [String], _ type: String) -> String {
    if name == "allowed_lateness_ms" { return "has no meaning for count windows: they go by the order of records, so no record is late" }
    return "belongs to \(types.joined(separator: " and ")) windows, and this one is \(type)"
  }

  private static func sliding(_ reader: ObjectReader) -> WindowPlan {
    let size = reader.integer("size_ms", in: SpecLimits.windowSize, default: nil)
    let slide = reader.integer("slide_ms", in: SpecLimits.windowSize, default: nil)
    let areRead = reader["size_ms"]?.integerValue == size && reader["slide_ms"]?.integerValue == slide
    let place = reader.place("slide_ms")
    if areRead, slide > size {
      reader.faults.add(
        place, .outOfRange, "must be from 1 to size_ms (\(size)): records between two windows would be in none", suggestion: String(size))
    } else if areRead, size > slide * SpecLimits.maxWindowsPerRecord {
      let least = (size + SpecLimits.maxWindowsPerRecord - 1) / SpecLimits.maxWindowsPerRecord
      reader.faults.add(
        place, .outOfRange,
        "puts each record into \(size / slide) windows: size_ms is at most \(SpecLimits.maxWindowsPerRecord) times slide_ms",
        suggestion: String(least))
    }
    return .sliding(size: size, slide: slide, offset: offset(reader, below: slide, "slide_ms"))
  }

  private static func offset(_ reader: ObjectReader, below limit: Int64, _ name: String) -> Int64 {
    let offset = reader.integer("offset_ms", in: 0...SpecLimits.longestTime, default: 0)
    if reader[name]?.integerValue == limit, offset >= limit {
      reader.faults.add(
        reader.place("offset_ms"), .outOfRange, "must be from 0 to less than \(name)", suggestion: String(offset % limit))
    }
    return offset
  }

  var normalized: JSONValue {
    let lateness = JSONValue.Member("allowed_lateness_ms", .integer(allowedLatenessMs))
    let members: [JSONValue.Member] =
      switch plan {
      case .tumbling(let size, let offset):
        [.init("type", "tumbling"), .init("size_ms", .integer(size)), .init("offset_ms", .integer(offset)), lateness]
      case .sliding(let size, let slide, let offset):
        [
          .init("type", "sliding"), .init("size_ms", .integer(size)), .init("slide_ms", .integer(slide)),
          .init("offset_ms", .integer(offset)), lateness,
        ]
      case .session(let gap):
        [.init("type", "session"), .init("gap_ms", .integer(gap)), lateness]
      case .count(let count, let maxAge):
        [.init("type", "count"), .init("count", .integer(count))] + (maxAge.map { [.init("max_age_ms", .integer($0))] } ?? [])
      }
    return .object(members)
  }
}
