/// Lets each line through once a minute and counts what it held back.
struct RepeatLimit: Sendable {
  static let everyMs: Int64 = 60_000
  /// Lines remembered at once; when full, all are forgotten: more lines rather than more memory.
  static let maxLines = 1_000

  private struct Seen {
    var at: Int64
    var held: Int
  }

  private var seen: [String: Seen] = [:]

  /// nil: hold it back. Otherwise how many like it were held back since the last one.
  mutating func pass(_ line: String, at steadyNow: Int64) -> Int? {
    // Numbers (offsets, times, ports) make the same line look new.
    let key = String(line.unicodeScalars.lazy.filter { !("0"..."9").contains($0) }.map(Character.init))
    if let known = seen[key], steadyNow - known.at < Self.everyMs {
      seen[key]?.held += 1
      return nil
    }
    if seen.count >= Self.maxLines { seen.removeAll(keepingCapacity: true) }
    let held = seen.updateValue(Seen(at: steadyNow, held: 0), forKey: key)?.held ?? 0
    return held
  }
}
