import KafkaPipeline
import PipelineSpec
import RecordCodec

/// The body of a PATCH of offsets: one of `to`, `partitions` and `from`, and what becomes of the windows.
struct OffsetsWish: Sendable, Equatable {
  var target: OffsetTarget
  var keepsWindows: Bool

  static let maxPartitions = 100_000

  init(_ document: JSONValue) throws(Problem) {
    guard case .object(let members) = document else { throw Self.fault("", "wrong_type", "must be an object") }
    for member in members where !["to", "partitions", "from", "windows"].contains(member.name) {
      throw Self.fault("/" + member.name, "unknown_member", "is not known here; there is to, partitions, from and windows")
    }
    guard let windows = document["windows"]?.stringValue, windows == "keep" || windows == "discard" else {
      throw Self.fault("/windows", document["windows"] == nil ? "missing" : "unknown_value", "must say what becomes of open windows: keep (forward only) or discard")
    }
    keepsWindows = windows == "keep"
    guard members.count == 2 else { throw Self.fault("", "conflict", "needs exactly one of to, partitions and from beside windows") }
    if let to = document["to"] {
      target = try Self.target(to)
    } else if let from = document["from"] {
      switch from.stringValue {
      case "checkpoint": target = .checkpoint
      case "group": target = .group
      default: throw Self.fault("/from", "unknown_value", "may be checkpoint or group")
      }
      if target == .checkpoint, !keepsWindows {
        throw Self.fault("/windows", "conflict", "without its windows a checkpoint has nothing to go back to; use keep, or say offsets")
      }
    } else if let list = document["partitions"] {
      target = .partitions(try Self.partitions(list))
    } else {
      throw Self.fault("", "missing", "needs one of to, partitions and from")
    }
  }

  private static func target(_ to: JSONValue) throws(Problem) -> OffsetTarget {
    switch to {
    case .string("earliest"): return .earliest
    case .string("latest"): return .latest
    case .object(let members):
      guard members.count == 1, let time = to["timestamp_ms"]?.integerValue, time >= 0 else {
        throw fault("/to", "bad_format", "has one member, timestamp_ms: a number from 0")
      }
      return .timestamp(time)
    default: throw fault("/to", "unknown_value", "may be earliest, latest or {\"timestamp_ms\": N}")
    }
  }

  private static func partitions(_ list: JSONValue) throws(Problem) -> [OffsetTarget.Partition] {
    guard case .array(let items) = list, !items.isEmpty, items.count <= maxPartitions else {
      throw fault("/partitions", "wrong_type", "must be a list of 1 to \(maxPartitions) objects with topic, partition and offset")
    }
    var partitions: [OffsetTarget.Partition] = []
    var seen: Set<String> = []
    for (index, item) in items.enumerated() {
      guard case .object(let members) = item, members.count == 3, let topic = item["topic"]?.stringValue,
        let partition = item["partition"]?.integerValue.flatMap({ Int32(exactly: $0) }), partition >= 0,
        let offset = item["offset"]?.integerValue, offset >= 0
      else { throw fault("/partitions/\(index)", "bad_format", "must have topic, partition and offset, and nothing else") }
      guard seen.insert("\(partition)/\(topic)").inserted else { throw fault("/partitions/\(index)", "conflict", "is there twice") }
      partitions.append(OffsetTarget.Partition(topic: topic, partition: partition, offset: offset))
    }
    return partitions
  }

  private static func fault(_ pointer: String, _ code: String, _ detail: String) -> Problem {
    Problem(.offsetsInvalid, "\(pointer.isEmpty ? "the document" : pointer): \(detail)", faults: [SpecFault(pointer: pointer, code: code, detail: detail, suggestion: nil)])
  }
}
