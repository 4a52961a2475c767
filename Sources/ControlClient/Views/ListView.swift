package import RecordCodec

/// The pipelines of a server.
package enum ListView {
  private static let columns: [Table.Column] = [
    .init("NAME", least: 12), .init("PHASE"), .init("HEALTH"), .init("IN/S", number: true, rank: 2), .init("OUT/S", number: true, rank: 3),
    .init("LAG", number: true, rank: 1), .init("EVENT TIME", number: true, rank: 5), .init("SINCE", number: true, rank: 4),
    .init("WANTED", rank: 6), .init("LABELS", rank: 7, least: 10), .init("WHY", rank: 3, least: 20),
  ]

  package static func text(_ items: [JSONValue], _ layout: Layout) -> String {
    if items.isEmpty { return "no pipelines\n" }
    return Table(columns, items.map { row($0, layout) }).text(layout)
  }

  private static func row(_ item: JSONValue, _ layout: Layout) -> [Cell] {
    let (phase, health, desired) = (item.text("phase"), item.text("health"), item.text("desired"))
    let labels = item["labels"]?.objectMembers ?? []
    return [
      Cell(item.text("name") ?? "", .strong), Cell(phase ?? "", .of(phase)), Cell(health ?? "", .of(health)),
      Cell(Figures.rate(item["rates"]?.number("consumed_per_s_10s"))), Cell(Figures.rate(item["rates"]?.number("produced_per_s_10s"))),
      Cell(Figures.count(item.integer("consumer_lag"))), Cell(Figures.eventTime(item.integer("watermark_ms"), layout)),
      Cell(Figures.age(item.text("phase_since"), layout)), Cell(desired == phase ? "" : desired ?? ""),
      Cell(labels.map { "\($0.name)=\($0.value.plainText)" }.joined(separator: ","), .faint),
      Cell(item["last_error"]?.text("message") ?? "", .bad),
    ]
  }
}
