import Testing

@testable import ControlClient

@Suite("Tables")
struct TableTests {
  private let table = Table(
    [.init("NAME", least: 6), .init("PHASE"), .init("LAG", number: true, rank: 1), .init("LABELS", rank: 2, least: 6)],
    [
      [Cell("latency"), Cell("running", .good), Cell("1.2 M"), Cell("team=ml,env=production")],
      [Cell("a-very-long-name-of-a-pipeline"), Cell("stopped"), Cell("7"), Cell("")],
    ])

  @Test("With room nothing is cut, and numbers stand at the right")
  func wide() {
    #expect(
      table.text(Layout(width: 120, nowMs: 0)) == """
        NAME                            PHASE      LAG  LABELS
        latency                         running  1.2 M  team=ml,env=production
        a-very-long-name-of-a-pipeline  stopped      7

        """)
  }

  @Test("What may be cut is cut first, the widest most")
  func cut() {
    #expect(
      table.text(Layout(width: 44, nowMs: 0)) == """
        NAME           PHASE      LAG  LABELS
        latency        running  1.2 M  team=ml,env=…
        a-very-long-…  stopped      7

        """)
  }

  @Test("Then the less important columns go, and the others have their room again")
  func dropped() {
    #expect(
      table.text(Layout(width: 24, nowMs: 0)) == """
        NAME      PHASE      LAG
        latency   running  1.2 M
        a-very-…  stopped      7

        """)
    #expect(table.text(Layout(width: 18, nowMs: 0)).hasPrefix("NAME       PHASE\n"))
  }

  @Test("No line is wider than the terminal, however narrow", arguments: 1...130)
  func fits(_ width: Int) {
    for line in table.text(Layout(width: width, nowMs: 0)).split(separator: "\n") {
      // Below the least of all that must be there, nothing more can be left out.
      #expect(SafeText.width(String(line)) <= max(width, 10))
      #expect(!line.hasSuffix(" "))
    }
  }

  @Test("Colours come only when asked for, and take no room")
  func colours() {
    let plain = table.text(Layout(width: 60, nowMs: 0))
    let coloured = table.text(Layout(width: 60, hasColour: true, nowMs: 0))
    #expect(!plain.contains("\u{1B}") && coloured.contains("\u{1B}[32mrunning\u{1B}[0m"))
    #expect(coloured.replacing(#/\x{1B}\[[0-9]+m/#, with: "") == plain)
  }

  @Test("A column in which nothing stands is left out")
  func empty() {
    let table = Table([.init("A"), .init("B", rank: 1), .init("C", number: true, rank: 2)], [["x", "", "1"], ["y", "", "2"]])
    #expect(table.text(Layout(width: 80, nowMs: 0)) == "A  C\nx  1\ny  2\n")
  }
}
