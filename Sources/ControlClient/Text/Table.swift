/// Rows of text that fit a terminal: columns are cut to their least width, then the less important ones are left out.
package struct Table: Sendable {
  package struct Column: Sendable {
    package var title: String
    package var isNumber: Bool
    /// 0 is never left out; else the largest goes first.
    package var rank: Int
    /// It may be cut down to this; nil: not at all.
    package var least: Int?

    package init(_ title: String, number: Bool = false, rank: Int = 0, least: Int? = nil) {
      self.title = title
      self.isNumber = number
      self.rank = rank
      self.least = least
    }
  }

  package var columns: [Column]
  package var rows: [[Cell]]
  private static let gap = 2

  package init(_ columns: [Column], _ rows: [[Cell]]) {
    self.columns = columns
    self.rows = rows
  }

  /// With a line of titles and, at the left, `indent` blanks.
  package func text(_ layout: Layout, indent: Int = 0) -> String {
    let (shown, widths) = fit(layout.width - indent)
    let head = Tone.faint.paint(line(shown, widths) { Cell(columns[$0].title) }, layout)
    let lines = rows.map { row in line(shown, widths, layout) { row[$0] } }
    let margin = String(repeating: " ", count: indent)
    return ([head] + lines).map { "\(margin)\($0)\n" }.joined()
  }

  /// Which columns are shown, and how wide each is.
  private func fit(_ width: Int) -> (shown: [Int], widths: [Int: Int]) {
    var widths: [Int: Int] = [:]
    for (index, column) in columns.enumerated() {
      widths[index] = rows.map { SafeText.width($0[index].text) }.reduce(SafeText.width(column.title), max)
    }
    var shown = Array(columns.indices)
    // A column in which nothing stands says nothing.
    if !rows.isEmpty { shown.removeAll { index in columns[index].rank > 0 && rows.allSatisfy { $0[index].text.isEmpty } } }
    func least(_ index: Int) -> Int { min(widths[index] ?? 0, max(columns[index].least ?? .max, SafeText.width(columns[index].title))) }
    func total(_ width: (Int) -> Int) -> Int { shown.map(width).reduce(0, +) + Self.gap * max(0, shown.count - 1) }
    while total(least) > width, let last = shown.filter({ columns[$0].rank > 0 }).max(by: { columns[$0].rank < columns[$1].rank }) {
      shown.removeAll { $0 == last }
    }
    // The widest gives first.
    var over = total { widths[$0] ?? 0 } - width
    while over > 0, let widest = shown.filter({ (widths[$0] ?? 0) > least($0) }).max(by: { (widths[$0] ?? 0) < (widths[$1] ?? 0) }) {
      widths[widest, default: 0] -= 1
      over -= 1
    }
    // What is left cannot be left out, so the first column gives, and at last all are cut.
    if over > 0, let first = shown.first { widths[first] = max(1, (widths[first] ?? 0) - over) }
    return (shown, widths)
  }

  private func line(_ shown: [Int], _ widths: [Int: Int], _ layout: Layout? = nil, _ cell: (Int) -> Cell) -> String {
    var out = ""
    var owed = 0
    for index in shown {
      let width = widths[index] ?? 0
      let cell = cell(index)
      let text = SafeText.cut(cell.text, to: width)
      let missing = max(0, width - SafeText.width(text))
      let before = owed + (columns[index].isNumber ? missing : 0)
      // Blanks are owed until something follows, so no line ends with them.
      owed = columns[index].isNumber ? 0 : missing
      if !text.isEmpty {
        out += String(repeating: " ", count: before)
        out += layout.map { cell.tone.paint(text, $0) } ?? text
      } else {
        owed = before + (columns[index].isNumber ? 0 : missing)
      }
      owed += Self.gap
    }
    return out
  }
}
