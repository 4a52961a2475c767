import Testing

@testable import ControlClient

@Suite("Figures")
struct FiguresTests {
  @Test("Counts have at most five characters, with a unit", arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1_000, "1.0 k"), (1_234, "1.2 k"), (12_345, "12.3 k"), (999_949, "999.9 k"), (999_960, "1.0 M"),
    (1_234_567, "1.2 M"), (-1_500, "-1.5 k"), (5_000_000_000, "5.0 G"), (.max, "9.2 E"), (.min, "-9.2 E"),
  ] as [(Int64, String)])
  func count(_ number: Int64, _ text: String) { #expect(Figures.count(number) == text) }

  @Test("Bytes are in powers of two")
  func bytes() {
    #expect([0, 1_023, 1_024, 1_572_864].map { Figures.bytes($0) } == ["0 B", "1023 B", "1.0 KiB", "1.5 MiB"])
  }

  @Test("Rates below ten have a digit behind the point")
  func rate() {
    #expect([0, 0.04, 0.25, 9.94, 12.6, 1_234.5].map { Figures.rate($0) } == ["0", "0.0", "0.3", "9.9", "13", "1.2 k"])
    #expect(Figures.rate(nil) == "-" && Figures.rate(.infinity) == "-")
  }

  @Test("Exact numbers come in groups of three")
  func exact() {
    #expect([0, 12, 123, 1_234, 1_234_567, -1_000].map { Figures.exact($0) } == ["0", "12", "123", "1 234", "1 234 567", "-1 000"])
    #expect(Figures.exact(.min) == "-9 223 372 036 854 775 808")
  }

  @Test("Durations have the two units that matter", arguments: [
    (0, "0 ms"), (350, "350 ms"), (1_000, "1 s"), (4_250, "4.2 s"), (59_999, "59 s"), (60_000, "1 min"), (185_000, "3 min 5 s"),
    (7_800_000, "2 h 10 min"), (356_400_000, "4 d 3 h"), (-2_000, "-2 s"), (.max, "106751991167 d 7 h"), (.min, "-106751991167 d 7 h"),
  ] as [(Int64, String)])
  func duration(_ milliseconds: Int64, _ text: String) { #expect(Figures.duration(milliseconds) == text) }

  @Test("Times are ages, and old ones dates")
  func times() {
    let layout = Layout(nowMs: 1_767_225_600_000)
    #expect(Figures.age("2025-12-31T23:59:48.000Z", layout) == "12 s")
    #expect(Figures.age("2026-01-01T00:00:05.000Z", layout) == "0 ms" && Figures.age("x", layout) == "-" && Figures.age(nil, layout) == "-")
    #expect(Figures.eventTime(1_767_225_598_000, layout) == "2 s ago")
    #expect(Figures.eventTime(1_700_000_000_123, layout) == "2023-11-14 22:13:20.123" && Figures.eventTime(.min, layout) == "0000-01-01 00:00:00")
    #expect(Figures.time(1_700_000_040_000) == "2023-11-14 22:14:00")
  }
}
