import RecordCodec

/// How a line of the log is written.
package enum LogFormat: String, Sendable, CaseIterable {
  /// `2026-01-02T03:04:05.678Z info pipeline=x message`
  case text
  /// `{"time":"2026-01-02T03:04:05.678Z","level":"info","pipeline":"x","lane":0,"message":"..."}`; `pipeline` and `lane` only where the line
  /// is about one.
  case json

  /// Without the end of the line. `message` has no control characters.
  func line(at unixMs: Int64, _ level: LogLevel, _ pipeline: String?, _ message: String) -> String {
    let time = RFC3339.text(milliseconds: unixMs)
    switch self {
    case .text: return "\(time) \(level.rawValue) \(pipeline.map { "pipeline=\($0) " } ?? "")\(message)"
    case .json:
      var members: [JSONValue.Member] = [.init("time", .string(time)), .init("level", .string(level.rawValue))]
      if let pipeline { members.append(.init("pipeline", .string(pipeline))) }
      let (lane, rest) = Self.lane(in: message)
      if let lane { members.append(.init("lane", .integer(lane))) }
      members.append(.init("message", .string(rest)))
      return String(decoding: JSONValue.object(members).serialized(), as: UTF8.self)
    }
  }

  /// `lane 3: text` -> 3 and `text`.
  private static func lane(in message: String) -> (Int64?, String) {
    guard message.hasPrefix("lane "), let colon = message.firstIndex(of: ":"),
      let lane = Int64(message[message.index(message.startIndex, offsetBy: 5)..<colon])
    else { return (nil, message) }
    return (lane, String(message[message.index(after: colon)...].drop { $0 == " " }))
  }
}
