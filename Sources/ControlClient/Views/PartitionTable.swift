import RecordCodec

/// Partitions with what was read of them.
enum PartitionTable {
  private static let columns: [Table.Column] = [
    .init("TOPIC", least: 8), .init("PARTITION", number: true), .init("LANE", number: true, rank: 6), .init("POSITION", number: true, rank: 2),
    .init("END", number: true, rank: 3), .init("COMMITTED", number: true, rank: 1), .init("LAG", number: true),
    .init("EVENT TIME", number: true, rank: 4), .init("IDLE", rank: 5),
  ]

  static func row(_ partition: JSONValue, lane: Int64?, _ layout: Layout) -> [Cell] {
    [
      Cell(partition.text("topic") ?? ""), Cell(Figures.exact(partition.integer("partition"))), Cell(lane.map(String.init) ?? ""),
      Cell(Figures.exact(partition.integer("position"))), Cell(Figures.exact(partition.integer("end"))),
      Cell(Figures.exact(partition.integer("committed"))), Cell(Figures.count(partition.integer("lag"))),
      Cell(Figures.eventTime(partition.integer("watermark_ms"), layout)), Cell(partition["idle"]?.boolValue == true ? "idle" : "", .faint),
    ]
  }

  static func text(_ rows: [[Cell]], _ layout: Layout) -> String { Table(columns, rows).text(layout, indent: 2) }
}
