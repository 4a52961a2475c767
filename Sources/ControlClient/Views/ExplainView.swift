package import RecordCodec

/// Why the next window has not come out.
package enum ExplainView {
  package static func text(_ document: JSONValue, _ layout: Layout) -> String {
    let phase = document.text("phase")
    var out = "\(Tone.strong.paint(SafeText.line(document.text("name") ?? ""), layout))  \(Tone.of(phase).paint(SafeText.line(phase ?? ""), layout))\n"
    out += Paragraph.text(document.text("summary") ?? "", layout, indent: 2)
    var facts = Facts()
    facts.add("event time", Figures.time(document.integer("watermark_ms")))
    if let window = document.object("next_window") {
      let keys = window.integer("keys").map { ", \(Figures.count($0)) keys" } ?? ""
      facts.add("next window", "\(Figures.time(window.integer("start_ms"))) to \(Figures.time(window.integer("end_ms")))\(keys)")
    }
    facts.add("comes out at", document.integer("needs_watermark_ms").map { "event time \(Figures.time($0))" })
    facts.add("still to go", document.integer("behind_ms").map { Figures.duration($0) })
    facts.add("expected", document.text("expected_at"))
    out += "\n" + facts.text(layout)
    let held = document.items("held_by")
    if !held.isEmpty {
      let columns: [Table.Column] = [
        .init("HELD BY", least: 8), .init("PARTITION", number: true), .init("EVENT TIME", number: true, rank: 3), .init("REASON"),
        .init("SINCE", number: true, rank: 2), .init("", rank: 1, least: 20),
      ]
      out += "\n" + Table(columns, held.map { item in
        [
          Cell(item.text("topic") ?? ""), Cell(Figures.exact(item.integer("partition"))), Cell(Figures.eventTime(item.integer("watermark_ms"), layout)),
          Cell(item.text("reason") ?? "", .warning), Cell(Figures.age(item.text("since"), layout)), Cell(item.text("message") ?? ""),
        ]
      }).text(layout, indent: 2)
    }
    let releases = document.texts("releases")
    if !releases.isEmpty {
      out += "\nWhat would release it:\n" + releases.map { Paragraph.text("- \($0)", layout, indent: 4, first: 2) }.joined()
    }
    return out
  }
}
