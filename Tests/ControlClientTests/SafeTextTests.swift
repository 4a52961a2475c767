import RecordCodec
import Testing

@testable import ControlClient

@Suite("Safe text")
struct SafeTextTests {
  @Test("Nothing that moves a cursor, changes colours or turns text around gets through", arguments: [
    "\u{1B}[2J", "\u{9B}31m", "a\u{8}b", "\u{7}", "\u{202E}abc", "\u{2066}x", "\u{7F}", "\u{FEFF}", "\u{E000}", "\0",
  ])
  func harmful(_ text: String) throws {
    let shown = SafeText.line(text)
    #expect(shown.unicodeScalars.contains("\u{FFFD}"))
    #expect(!shown.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x202A...0x202E).contains($0.value) })
    let json = SafeText.json(JSONValue.string(text).serialized())
    #expect(!json.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x202A...0x202E).contains($0.value) })
    #expect(try JSONValue.parse(Array(json.utf8)) == .string(text))
  }

  @Test("Line breaks and tabs become blanks, and letters of any script stay")
  func harmless() {
    #expect(SafeText.line("a\nb\tc\r\u{2028}d") == "a b c  d")
    for text in ["é", "日本", "नमस्ते", "🙂", "a\u{200D}b"] { #expect(SafeText.line(text) == text) }
  }

  @Test("Text is cut by what it takes on a terminal", arguments: [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abcd", 1, "…"), ("abcd", 0, ""), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
    ("e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
  ])
  func cut(_ text: String, _ width: Int, _ shown: String) {
    #expect(SafeText.cut(text, to: width) == shown)
    #expect(SafeText.width(shown) <= width)
  }
}
