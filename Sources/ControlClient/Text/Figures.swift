import RecordCodec

/// Numbers and times for people. Absent ones are `-`.
package enum Figures {
  package static let none = "-"

  /// `999`, `1.2 k`, `45.0 M`: at most five characters.
  package static func count(_ number: Int64?) -> String { number.map { scaled(Double($0), by: 1_000, ["", " k", " M", " G", " T", " P", " E"]) } ?? none }

  /// `12.0 KiB`
  package static func bytes(_ number: Int64?) -> String {
    number.map { scaled(Double($0), by: 1_024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"]) } ?? none
  }

  /// Per second.
  package static func rate(_ number: Double?) -> String {
    guard let number, number.isFinite else { return none }
    return number != 0 && abs(number) < 10 ? tenths(number) : scaled(number.rounded(), by: 1_000, ["", " k", " M", " G", " T", " P", " E"])
  }

  /// All digits, in groups: `1 234 567`.
  package static func exact(_ number: Int64?) -> String {
    guard let number else { return none }
    var digits = String(number.magnitude)
    var groups: [Substring] = []
    while digits.utf8.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = String(digits.dropLast(3))
    }
    return (number < 0 ? "-" : "") + ([digits[...]] + groups).joined(separator: " ")
  }

  /// `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`
  package static func duration(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return none }
    let sign = milliseconds < 0 ? "-" : ""
    let ms = Int64(clamping: milliseconds.magnitude)
    let seconds = ms / 1_000
    func pair(_ large: Int64, _ unit: String, _ small: Int64, _ smallUnit: String) -> String {
      "\(sign)\(large) \(unit)\(small == 0 ? "" : " \(small) \(smallUnit)")"
    }
    switch seconds {
    case 0: return "\(sign)\(ms) ms"
    case ..<10: return ms % 1_000 < 100 ? "\(sign)\(seconds) s" : "\(sign)\(tenths(Double(ms / 100) / 10)) s"
    case ..<60: return "\(sign)\(seconds) s"
    case ..<3_600: return pair(seconds / 60, "min", seconds % 60, "s")
    case ..<86_400: return pair(seconds / 3_600, "h", seconds % 3_600 / 60, "min")
    default: return pair(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
    }
  }

  /// How long ago an RFC 3339 time was.
  package static func age(_ time: String?, _ layout: Layout) -> String {
    guard let time, let then = RFC3339.milliseconds(time) else { return none }
    // Clocks of two machines differ a little.
    return duration(max(0, layout.nowMs - then))
  }

  /// An event time: how far it is behind the wall clock. Of data that is old, the date is what matters.
  package static func eventTime(_ milliseconds: Int64?, _ layout: Layout) -> String {
    guard let milliseconds else { return none }
    let (behind, overflow) = layout.nowMs.subtractingReportingOverflow(milliseconds)
    return overflow || behind >= 86_400_000 || behind <= -86_400_000 ? time(milliseconds) : "\(duration(behind)) ago"
  }

  /// `2026-01-02 03:04:05`, in UTC; with milliseconds where there are some.
  package static func time(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return none }
    let text = RFC3339.text(milliseconds: milliseconds)
    let clock = text.dropFirst(11).dropLast()
    return "\(text.prefix(10)) \(clock.hasSuffix(".000") ? clock.dropLast(4) : clock)"
  }

  private static func scaled(_ number: Double, by step: Double, _ units: [String]) -> String {
    var value = abs(number)
    var unit = 0
    // 999.95 would be written 1000.0.
    while value >= (unit == 0 ? step : step - 0.05), unit < units.count - 1 {
      value /= step
      unit += 1
    }
    let sign = number < 0 ? "-" : ""
    return sign + (unit == 0 ? String(Int64(value)) : tenths(value)) + units[unit]
  }

  /// With one digit behind the point.
  private static func tenths(_ value: Double) -> String {
    guard abs(value) < 1e15 else { return "\(value)" }
    let tenths = Int64((abs(value) * 10).rounded())
    return "\(value < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
  }
}
