import CSimdJSON

/// Times as RFC 3339 text in UTC with milliseconds: `2026-01-02T03:04:05.678Z`.
package enum RFC3339 {
  /// Every text that `write` makes is this long.
  package static let byteCount = 24
  /// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: four digits hold no other year, so times outside are clamped.
  package static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

  /// The time `milliseconds` after the epoch, clamped to `range`.
  package static func text(milliseconds: Int64) -> String {
    String(unsafeUninitializedCapacity: byteCount) { write(milliseconds: milliseconds, into: $0.baseAddress!) }
  }

  /// Writes `byteCount` bytes, clamped to `range`; no allocation. Returns `byteCount`.
  ///
  /// Calendar: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
  @discardableResult
  package static func write(milliseconds: Int64, into out: UnsafeMutablePointer<UInt8>) -> Int {
    let clamped = min(max(milliseconds, range.lowerBound), range.upperBound)
    // From 0000-03-01 on, with room so that everything is positive: a leap day is then the last of its year.
    let shifted = clamped &+ (719_468 &+ 146_097) &* 86_400_000
    let days = shifted / 86_400_000
    let time = shifted % 86_400_000
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra &- dayOfEra / 1_460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let marchMonth = (5 &* dayOfYear &+ 2) / 153
    let day = dayOfYear &- (153 &* marchMonth &+ 2) / 5 &+ 1
    let month = marchMonth < 10 ? marchMonth &+ 3 : marchMonth &- 9
    let year = yearOfEra &+ (era &- 1) &* 400 &+ (month <= 2 ? 1 : 0)

    put(year, digits: 4, at: out)
    out[4] = UInt8(ascii: "-")
    put(month, digits: 2, at: out + 5)
    out[7] = UInt8(ascii: "-")
    put(day, digits: 2, at: out + 8)
    out[10] = UInt8(ascii: "T")
    put(time / 3_600_000, digits: 2, at: out + 11)
    out[13] = UInt8(ascii: ":")
    put(time / 60_000 % 60, digits: 2, at: out + 14)
    out[16] = UInt8(ascii: ":")
    put(time / 1_000 % 60, digits: 2, at: out + 17)
    out[19] = UInt8(ascii: ".")
    put(time % 1_000, digits: 3, at: out + 20)
    out[23] = UInt8(ascii: "Z")
    return byteCount
  }

  /// Reads a date and time with offset, as records may carry them, to ms since the epoch, floored; nil if it is none.
  ///
  /// Years 0000 to 9999; `t`, `z` and a blank for `T` are taken; any number of fraction digits. A leap second (`:60`, only at
  /// 23:59 UTC) is the last millisecond before midnight.
  package static func milliseconds(_ text: String) -> Int64? {
    var result: Int64 = 0
    let bytes = Array(text.utf8)
    return psj_parse_rfc3339(bytes, bytes.count, &result) ? result : nil
  }

  private static func put(_ value: Int64, digits: Int, at out: UnsafeMutablePointer<UInt8>) {
    var rest = value
    var position = digits
    while position > 0 {
      position &-= 1
      out[position] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
    }
  }
}
