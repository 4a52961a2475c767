import Arguments
import RecordCodec

/// The options of `offsets` as the body that PATCH takes.
enum OffsetsChange {
  /// nil if they ask for no change.
  static func body(_ arguments: ParsedArguments) throws(ClientError) -> JSONValue? {
    let asked = ["to", "set", "from"].filter(arguments.has)
    guard let first = asked.first else {
      for option in ["windows", "dry-run"] where arguments.has(option) {
        throw .usage(UsageError("--\(option) goes with one of --to, --set and --from"))
      }
      return nil
    }
    guard asked.count == 1 else { throw .usage(UsageError("--\(asked[0]) and --\(asked[1]) exclude one another")) }
    guard let windows = arguments["windows"] else {
      throw .usage(UsageError("--\(first) needs --windows keep (forward only) or --windows discard: what becomes of the open windows"))
    }
    let what: JSONValue.Member
    switch first {
    case "to": what = .init("to", try place(arguments["to"] ?? ""))
    case "from": what = .init("from", .string(arguments["from"] ?? ""))
    default:
      var partitions: [JSONValue] = []
      for text in arguments.all("set") { partitions.append(try partition(text)) }
      what = .init("partitions", .array(partitions))
    }
    return .object([what, .init("windows", .string(windows))])
  }

  private static func place(_ text: String) throws(ClientError) -> JSONValue {
    if text == "earliest" || text == "latest" { return .string(text) }
    let head = "timestamp:"
    guard text.hasPrefix(head), let time = Int64(text.dropFirst(head.count)), time >= 0 else {
      throw .usage(UsageError("--to is \(SafeText.line(text)); it may be earliest, latest or timestamp:MS, such as timestamp:1767225600000"))
    }
    return ["timestamp_ms": .integer(time)]
  }

  /// `topic/0=1200`
  private static func partition(_ text: String) throws(ClientError) -> JSONValue {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    let place = parts[0].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, place.count == 2, !place[0].isEmpty, let partition = Int32(place[1]), partition >= 0,
      let offset = Int64(parts[1]), offset >= 0
    else { throw .usage(UsageError("--set is \(SafeText.line(text)); it has to be TOPIC/PARTITION=OFFSET, such as requests/0=1200")) }
    return ["topic": .string(String(place[0])), "partition": .integer(Int64(partition)), "offset": .integer(offset)]
  }
}
