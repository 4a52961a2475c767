import RecordCodec
import Testing

@Suite struct TimestampTests {
  @Test(
    "numbers in their unit are floored to milliseconds, exactly",
    arguments: [
      (TimestampUnit.milliseconds, "1700000000123", Int64(1_700_000_000_123)), (.milliseconds, "0", 0), (.milliseconds, "-5", -5),
      (.milliseconds, "5.9", 5), (.milliseconds, "-5.1", -6), (.milliseconds, "-5.0", -5), (.milliseconds, "1.7e12", 1_700_000_000_000),
      (.milliseconds, "9223372036854775807", .max), (.milliseconds, "-9223372036854775808", .min),
      (.milliseconds, "9223372036854775807.9", .max), (.milliseconds, "-0.0", 0), (.milliseconds, "1e-400", 0), (.milliseconds, "-1e-400", -1),
      (.milliseconds, "12345e-2", 123), (.milliseconds, "0.00012345e4", 1), (.milliseconds, "0e99999999999", 0),
      (.seconds, "1700000000", 1_700_000_000_000), (.seconds, "1700000000.123", 1_700_000_000_123), (.seconds, "1.0015", 1_001),
      (.seconds, "0.999999999", 999), (.seconds, "-0.0001", -1), (.seconds, "-1", -1_000), (.seconds, "4.35", 4_350),
      (.seconds, "-62167219200", -62_167_219_200_000), (.seconds, "253402300799.999", 253_402_300_799_999),
      (.seconds, "9223372036854775.807", .max), (.seconds, "-9223372036854775.808", .min), (.seconds, "1.7E9", 1_700_000_000_000),
      (.microseconds, "1700000000123999", 1_700_000_000_123), (.microseconds, "-1", -1), (.microseconds, "-1000", -1),
      (.microseconds, "-1001", -2), (.microseconds, "999", 0), (.microseconds, "1000.5", 1),
      (.nanoseconds, "1700000000123999999", 1_700_000_000_123), (.nanoseconds, "-1", -1), (.nanoseconds, "-1000000", -1),
      (.nanoseconds, "-1000001", -2), (.nanoseconds, "999999", 0), (.nanoseconds, "9223372036854775808", 9_223_372_036_854),
      (.nanoseconds, "1e18", 1_000_000_000_000),
    ])
  func units(unit: TimestampUnit, text: String, expected: Int64) {
    let decoded = decodeOne(.time(unit), "{\"t\":\(text)}")
    #expect(decoded.failure == nil)
    #expect(decoded.timestamp == expected)
  }

  @Test(
    "numbers beyond Int64 milliseconds and other types are bad",
    arguments: [
      (TimestampUnit.milliseconds, "9223372036854775808"), (.milliseconds, "-9223372036854775809"),
      (.milliseconds, "-9223372036854775808.1"), (.milliseconds, "1e19"), (.milliseconds, "1e400"), (.milliseconds, "-1e99999999999999999999"),
      (.seconds, "9223372036854775.808"), (.seconds, "9223372036854776"), (.seconds, "9223372036854775807"),
      (.seconds, "-9223372036854775.809"), (.seconds, "1e17"), (.microseconds, "1e22"), (.nanoseconds, "1e26"),
      (.milliseconds, "\"5\""), (.seconds, "true"), (.nanoseconds, "{}"), (.milliseconds, "[]"),
      (.rfc3339, "5"), (.rfc3339, "true"), (.rfc3339, "[]"),
    ])
  func bad(unit: TimestampUnit, text: String) {
    #expect(decodeOne(.time(unit), "{\"t\":\(text)}").failure == .badTimestamp)
  }

  static let good: [(String, Int64)] = [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01 00:00:00Z", 0), ("1970-01-01T00:00:00-00:00", 0),
    ("1970-01-01T00:00:00.001Z", 1), ("1970-01-01T00:00:00.0019999Z", 1), ("1970-01-01T00:00:00.1Z", 100),
    ("1969-12-31T23:59:59.999Z", -1), ("1969-12-31T23:59:59.9999999999Z", -1), ("1969-12-31T23:59:59Z", -1_000),
    ("2000-02-29T12:00:00Z", 951_825_600_000), ("2024-02-29T23:59:59.999Z", 1_709_251_199_999),
    ("1900-02-28T00:00:00Z", -2_203_977_600_000), ("2026-01-02T03:04:05.678Z", 1_767_323_045_678),
    ("2026-01-02T05:04:05.678+02:00", 1_767_323_045_678), ("2026-01-01T21:34:05.678-05:30", 1_767_323_045_678),
    ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("0000-02-29T00:00:00Z", -62_162_121_600_000),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999), ("9999-12-31T23:59:59.999-23:59", 253_402_387_139_999),
    ("0000-01-01T00:00:00+23:59", -62_167_305_540_000),
    // A leap second is the last millisecond of its minute.
    ("2016-12-31T23:59:60Z", 1_483_228_799_999), ("2016-12-31T23:59:60.5Z", 1_483_228_799_999),
    ("2017-01-01T00:59:60+01:00", 1_483_228_799_999),
  ]

  @Test("RFC 3339 texts give their instant", arguments: good)
  func rfc3339(text: String, expected: Int64) {
    #expect(RFC3339.milliseconds(text) == expected)
    #expect(decodeOne(.time(.rfc3339), "{\"t\":\"\(text)\"}").timestamp == expected)
    let escaped = text.replacing("-", with: #"\u002d"#).replacing(":", with: #"\u003A"#)
    #expect(decodeOne(.time(.rfc3339), "{\"t\":\"\(escaped)\"}").timestamp == expected)
  }

  static let badTexts = [
    "", "1970", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00Z", "1970-01-01T00:00:00+00", "1970-01-01T00:00:00+0000",
    "1970-1-1T00:00:00Z", "1970-01-01T0:00:00Z", "970-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "+1970-01-01T00:00:00Z",
    "1970-00-01T00:00:00Z", "1970-13-01T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-32T00:00:00Z", "1970-04-31T00:00:00Z",
    "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z",
    "1970-01-01T00:00:61Z", "1970-01-01T12:30:60Z", "2016-12-31T23:59:60+01:00", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00,5Z",
    "1970-01-01T00:00:00.5", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00Z ", " 1970-01-01T00:00:00Z", "1970-01-01X00:00:00Z",
    "1970/01/01T00:00:00Z", "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+00:60", "1970-01-01T00:00:00+1:00", "١٩٧٠-01-01T00:00:00Z",
    "1970-01-01T00:00:00.", "1970-01-01T00:00:00+", "1970-01-01T00:00:0", "1970-01-01T00:00:00.-1Z",
  ]

  @Test("texts that are not RFC 3339 are bad", arguments: badTexts)
  func notRFC3339(text: String) {
    #expect(RFC3339.milliseconds(text) == nil)
    #expect(decodeOne(.time(.rfc3339), "{\"t\":\"\(text)\"}").failure == .badTimestamp)
  }

  @Test("a lone surrogate in a time is bad")
  func surrogate() {
    #expect(decodeOne(.time(.rfc3339), #"{"t":"\ud800"}"#).failure == .badTimestamp)
  }

  @Test("every day of 800 years is written as the calendar says and reads back")
  func everyDay() {
    var year: Int64 = 1600
    var month: Int64 = 1
    var day: Int64 = 1
    var time: Int64 = -11_676_096_000_000 + 12_345_678  // 1600-01-01T03:25:45.678Z
    var mismatches = 0
    func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    while year < 2400 {
      let text = "\(year)-\(padded(month))-\(padded(day))T03:25:45.678Z"
      if RFC3339.text(milliseconds: time) != text || RFC3339.milliseconds(text) != time { mismatches += 1 }
      time += 86_400_000
      day += 1
      let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let length: Int64 = month == 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
      if day > length {
        day = 1
        month += 1
      }
      if month > 12 {
        month = 1
        year += 1
      }
    }
    #expect(mismatches == 0)
  }

  @Test("times outside four-digit years are clamped, times before the epoch floor")
  func clamped() {
    #expect(RFC3339.text(milliseconds: .min) == "0000-01-01T00:00:00.000Z")
    #expect(RFC3339.text(milliseconds: .max) == "9999-12-31T23:59:59.999Z")
    #expect(RFC3339.text(milliseconds: -1) == "1969-12-31T23:59:59.999Z")
    #expect(RFC3339.text(milliseconds: 0) == "1970-01-01T00:00:00.000Z")
    #expect(RFC3339.text(milliseconds: 1_767_323_045_678) == "2026-01-02T03:04:05.678Z")
    #expect(RFC3339.text(milliseconds: -62_162_121_600_000) == "0000-02-29T00:00:00.000Z")
  }

  @Test("integers are written as Swift writes them")
  func decimal() {
    var random = SeededGenerator(seed: 3)
    var numbers: [Int64] = [.min, .max, 0, -1, 1, 9, 10, -9, -10, 999_999_999_999_999_999, 1_000_000_000_000_000_000]
    for _ in 0..<5_000 { numbers.append(Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random)) }
    let out = UnsafeMutablePointer<UInt8>.allocate(capacity: DecimalText.maxBytes)
    defer { out.deallocate() }
    for number in numbers {
      let count = DecimalText.write(number, into: out)
      #expect(String(decoding: UnsafeBufferPointer(start: out, count: count), as: UTF8.self) == "\(number)")
    }
  }
}
