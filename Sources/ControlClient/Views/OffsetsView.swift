package import RecordCodec

/// Where a pipeline stands in its input, and what a change of that does.
package enum OffsetsView {
  package static func text(_ offsets: JSONValue, _ layout: Layout) -> String {
    let partitions = offsets.items("partitions")
    let head = "group \(SafeText.line(offsets.text("group_id") ?? Figures.none)), lag \(Figures.exact(offsets.integer("consumer_lag")))\n"
    if partitions.isEmpty { return head + "  no partitions are known yet\n" }
    return head + PartitionTable.text(partitions.map { PartitionTable.row($0, lane: nil, layout) }, layout)
  }

  private static let changeColumns: [Table.Column] = [
    .init("TOPIC", least: 8), .init("PARTITION", number: true), .init("FROM", number: true), .init("TO", number: true),
    .init("RECORDS", number: true, rank: 1),
  ]

  package static func change(_ change: JSONValue, _ layout: Layout) -> String {
    let rows = change.items("partitions").map { partition in
      let (from, to) = (partition.integer("from"), partition.integer("to"))
      let step = from.flatMap { from in to.map { $0.subtractingReportingOverflow(from).partialValue } }
      let records = step.map { $0 > 0 ? "\(Figures.exact($0)) skipped" : $0 < 0 ? "\(Figures.exact(Int64(clamping: $0.magnitude))) again" : "" } ?? ""
      return [
        Cell(partition.text("topic") ?? ""), Cell(Figures.exact(partition.integer("partition"))), Cell(Figures.exact(from)),
        Cell(Figures.exact(to)), Cell(records),
      ]
    }
    let isDry = change["dry_run"]?.boolValue == true
    var out = rows.isEmpty ? "no partitions are known\n" : Table(changeColumns, rows).text(layout)
    out += "windows: \(SafeText.line(change.text("windows") ?? ""))"
    if let loss = LossView.text(change["would_lose"]) { out += Tone.bad.paint(isDry ? "; would lose \(loss)" : "; lost \(loss)", layout) }
    return out + (isDry ? "\nnothing was changed (--dry-run)\n" : "\n")
  }
}
