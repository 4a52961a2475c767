/// Names and values below each other.
struct Facts {
  private var lines: [(name: String, value: Cell)] = []

  /// Nothing is added for nil.
  mutating func add(_ name: String, _ value: String?, _ tone: Tone = .plain) {
    if let value { lines.append((name, Cell(value, tone))) }
  }

  func text(_ layout: Layout) -> String {
    let width = lines.map { SafeText.width($0.name) }.max() ?? 0
    return lines.map { line in
      let name = line.name + String(repeating: " ", count: width - SafeText.width(line.name))
      let value = Paragraph.text(line.value.text, Layout(width: max(20, layout.width - width - 4), nowMs: 0))
      let rest = value.split(separator: "\n").map { line.value.tone.paint(String($0), layout) }
      return "  \(Tone.faint.paint(name, layout))  \(rest.joined(separator: "\n" + String(repeating: " ", count: width + 4)))\n"
    }.joined()
  }
}
