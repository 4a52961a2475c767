package import RecordCodec

/// Counters and gauges of a pipeline.
package enum StatsView {
  package static func text(_ stats: JSONValue, _ layout: Layout) -> String {
    let (phase, health) = (stats.text("phase"), stats.text("health"))
    var out = "\(Tone.strong.paint(SafeText.line(stats.text("name") ?? ""), layout))"
    out += "  \(Tone.of(phase).paint(SafeText.line(phase ?? ""), layout))  \(Tone.of(health).paint(SafeText.line(health ?? ""), layout))"
    if let uptime = stats.integer("uptime_ms"), uptime > 0 { out += "  up \(Figures.duration(uptime))" }
    out += "\n\n"
    let rates = stats["rates"]
    let columns: [Table.Column] = [
      .init(""), .init("TOTAL", number: true), .init("PER S (10 S)", number: true), .init("PER S (1 MIN)", number: true), .init("ERRORS", number: true),
    ]
    out += Table(columns, [
      [
        "records in", Cell(Figures.exact(stats.integer("messages_consumed"))), Cell(Figures.rate(rates?.number("consumed_per_s_10s"))),
        Cell(Figures.rate(rates?.number("consumed_per_s_1m"))), errors(stats.integer("consume_errors")),
      ],
      [
        "results out", Cell(Figures.exact(stats.integer("messages_produced"))), Cell(Figures.rate(rates?.number("produced_per_s_10s"))),
        Cell(Figures.rate(rates?.number("produced_per_s_1m"))), errors(stats.integer("produce_errors")),
      ],
    ]).text(layout, indent: 2)
    out += "\n" + facts(stats, layout)
    let partitions = stats.items("partitions").map { PartitionTable.row($0, lane: nil, layout) }
    if !partitions.isEmpty { out += "\n" + PartitionTable.text(partitions, layout) }
    return out
  }

  private static func facts(_ stats: JSONValue, _ layout: Layout) -> String {
    var facts = Facts()
    facts.add("lag", Figures.exact(stats.integer("consumer_lag")))
    facts.add("event time", stats.integer("watermark_ms").map { "\(Figures.time($0)) (\(Figures.eventTime($0, layout)))" })
    facts.add("records", records(stats["records"]))
    for (member, name) in [("skipped", "skipped"), ("dead_lettered", "dead letters")] {
      let reasons = (stats["records"]?[member]?.objectMembers ?? []).map { "\($0.name) \(Figures.exact($0.value.integerValue))" }
      facts.add(name, reasons.isEmpty ? nil : reasons.joined(separator: ", "), .warning)
    }
    facts.add("windows", "\(Figures.exact(stats.integer("open_windows"))) open, \(Figures.exact(stats.integer("windows_fired"))) fired")
    facts.add("state", "\(Figures.exact(stats.integer("keys"))) keys, \(Figures.bytes(stats.integer("state_bytes")))")
    facts.add("checkpoint", stats.object("checkpoint").map { ShowView.checkpoint($0, layout) } ?? "none yet")
    let failed = stats.integer("checkpoint_errors") ?? 0
    facts.add("checkpoints", "\(Figures.exact(stats.integer("checkpoints")))\(failed > 0 ? ", \(Figures.exact(failed)) failed" : "")", failed > 0 ? .bad : .plain)
    let refused = stats.integer("commit_errors") ?? 0
    facts.add("commits", "\(Figures.exact(stats.integer("offsets_committed"))) offsets\(refused > 0 ? ", \(Figures.exact(refused)) failed" : "")", refused > 0 ? .bad : .plain)
    if let latency = stats.object("latency") {
      for (name, title) in [("close_to_delivered", "closed to out"), ("event_to_delivered", "event to out")] {
        guard let figures = latency.object(name), figures.integer("p50_ms") != nil else { continue }
        let parts = ["p50", "p99", "max"].map { "\($0) \(Figures.duration(figures.integer("\($0)_ms")))" }
        facts.add(title, parts.joined(separator: ", "))
      }
    }
    return facts.text(layout)
  }

  private static func records(_ records: JSONValue?) -> String? {
    guard let records else { return nil }
    let names = [("on_time", "on time"), ("late_accepted", "late"), ("late_dropped", "too late"), ("filtered", "filtered")]
    return names.compactMap { member, name in records.integer(member).map { "\(Figures.exact($0)) \(name)" } }.joined(separator: ", ")
  }

  private static func errors(_ count: Int64?) -> Cell { Cell(Figures.exact(count), (count ?? 0) > 0 ? .bad : .plain) }
}
