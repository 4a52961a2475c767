/// What events are aggregated by, rendered as in the results of a pipeline without a type of its own: two are equal if their texts are.
///
/// In keys of several parts, and in all composite ones, the characters `|` `,` `:` `\` of a value get a `\` in front, so that
/// different values never give the same key.
public struct EventKey: Sendable, Hashable, Codable {
  /// As it stands in results: `atlas`, `session:42`, `composite:region:eu,tier:gold`.
  public let text: String

  /// Bytes of UTF-8 that a key may have; an event with a longer one is skipped as `bad_key`.
  public static let maxBytes = 1 << 20

  private init(text: String) {
    self.text = text
  }

  /// One part as it is, several joined by `|`.
  public static func plain(_ parts: String...) -> EventKey { EventKey(text: joined(parts)) }

  /// As `plain`, with `session:` in front; `model` and `user` likewise.
  public static func session(_ parts: String...) -> EventKey { EventKey(text: "session:" + joined(parts)) }

  public static func model(_ parts: String...) -> EventKey { EventKey(text: "model:" + joined(parts)) }

  public static func user(_ parts: String...) -> EventKey { EventKey(text: "user:" + joined(parts)) }

  /// `composite:<dimension>:<value>,...`, sorted by dimension, whatever the order they are given in.
  public static func composite(_ dimensions: [(dimension: String, value: String)]) -> EventKey {
    // Stable for equal names, so that the same call always gives the same key.
    let sorted = dimensions.enumerated().sorted { a, b in
      a.element.dimension == b.element.dimension
        ? a.offset < b.offset : a.element.dimension.utf8.lexicographicallyPrecedes(b.element.dimension.utf8)
    }
    return EventKey(text: "composite:" + sorted.map { $0.element.dimension + ":" + escaped($0.element.value) }.joined(separator: ","))
  }

  private static func joined(_ parts: [String]) -> String {
    parts.count == 1 ? parts[0] : parts.map(escaped).joined(separator: "|")
  }

  private static func escaped(_ value: String) -> String {
    let separators = Array("|,:\\".utf8)
    guard value.utf8.contains(where: separators.contains) else { return value }
    var bytes: [UInt8] = []
    for byte in value.utf8 {
      if separators.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension EventKey: CustomStringConvertible {
  public var description: String { text }
}
