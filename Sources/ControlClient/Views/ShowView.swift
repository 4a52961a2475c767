package import RecordCodec

/// All about a pipeline.
package enum ShowView {
  package static func text(_ pipeline: JSONValue, _ layout: Layout) -> String {
    let (phase, health) = (pipeline.text("phase"), pipeline.text("health"))
    var out = "\(Tone.strong.paint(SafeText.line(pipeline.text("name") ?? ""), layout))"
    out += "  \(Tone.of(phase).paint(SafeText.line(phase ?? ""), layout))  \(Tone.of(health).paint(SafeText.line(health ?? ""), layout))\n"
    if let description = pipeline.text("description"), !description.isEmpty { out += Paragraph.text(description, layout, indent: 2) }
    out += facts(pipeline, layout)
    out += troubles(pipeline, layout)
    out += lanes(pipeline, layout)
    out += warnings(pipeline, layout)
    return out
  }

  private static func facts(_ pipeline: JSONValue, _ layout: Layout) -> String {
    var facts = Facts()
    let desired = pipeline.text("desired") ?? ""
    facts.add("wanted", desired == pipeline.text("phase") ? nil : desired)
    facts.add("since", "\(Figures.age(pipeline.text("phase_since"), layout))")
    facts.add("waits for", pipeline.text("waiting_for"), .warning)
    let spec = pipeline["normalized_spec"]
    let kafka = spec?["kafka"]
    if let kafka { facts.add("topics", "\(kafka.texts("input_topics").joined(separator: ", ")) -> \(kafka.text("output_topic") ?? "")") }
    facts.add("brokers", kafka?.text("brokers"))
    facts.add("group", kafka?.text("group_id"))
    facts.add("window", spec?.object("window").map(window))
    let labels = pipeline["labels"]?.objectMembers ?? []
    facts.add("labels", labels.isEmpty ? nil : labels.map { "\($0.name)=\($0.value.plainText)" }.joined(separator: ", "))
    let rates = pipeline["rates"]
    facts.add("records", "\(Figures.count(pipeline.integer("messages_consumed"))) in (\(Figures.rate(rates?.number("consumed_per_s_10s")))/s), \(Figures.count(pipeline.integer("messages_produced"))) results out (\(Figures.rate(rates?.number("produced_per_s_10s")))/s)")
    facts.add("lag", Figures.exact(pipeline.integer("consumer_lag")))
    facts.add("event time", pipeline.integer("watermark_ms").map { "\(Figures.time($0)) (\(Figures.eventTime($0, layout)))" })
    facts.add("checkpoint", pipeline.object("checkpoint").map { checkpoint($0, layout) } ?? "none yet")
    if let attempt = pipeline.integer("attempt"), attempt > 0 { facts.add("attempt", String(attempt)) }
    facts.add("next try", pipeline.text("next_retry_at"))
    if pipeline["stop_was_forced"]?.boolValue == true { facts.add("stop", "the last one passed its deadline and was forced", .warning) }
    if let leaked = pipeline.integer("leaked_clients"), leaked > 0 { facts.add("leaked clients", String(leaked), .warning) }
    facts.add("spec", "generation \(pipeline.integer("generation").map(String.init) ?? Figures.none), changed \(pipeline.text("updated_at") ?? Figures.none)")
    facts.add("allowed now", pipeline.texts("allowed_actions").joined(separator: ", "))
    return facts.text(layout)
  }

  static func checkpoint(_ checkpoint: JSONValue, _ layout: Layout) -> String {
    "\(Figures.duration(checkpoint.integer("age_ms"))) old, \(Figures.bytes(checkpoint.integer("bytes"))), took \(Figures.duration(checkpoint.integer("duration_ms")))"
  }

  private static func window(_ window: JSONValue) -> String {
    let parts = (window.objectMembers ?? []).filter { $0.name != "type" && $0.value != .null }.map { member in
      member.name.hasSuffix("_ms")
        ? "\(member.name.dropLast(3)) \(Figures.duration(member.value.integerValue))" : "\(member.name) \(member.value.plainText)"
    }
    return "\(window.text("type") ?? ""): \(parts.joined(separator: ", "))"
  }

  /// The last error, and the conditions that are not as they should be.
  private static func troubles(_ pipeline: JSONValue, _ layout: Layout) -> String {
    var out = ""
    if let error = pipeline.object("last_error") {
      out += "\n\(Tone.bad.paint("Last error", layout)): \(SafeText.line(error.text("code") ?? "")), \(Figures.age(error.text("at"), layout)) ago\n"
      out += Paragraph.text(error.text("message") ?? "", layout, indent: 2)
      if let advice = error.text("advice"), !advice.isEmpty { out += Paragraph.text("-> \(advice)", layout, indent: 5, first: 2) }
    }
    let conditions = pipeline.items("conditions")
    if conditions.isEmpty { return out }
    let columns: [Table.Column] = [
      .init("CONDITION"), .init("STATUS"), .init("REASON", rank: 1, least: 12), .init("SINCE", number: true, rank: 2),
    ]
    out += "\n" + Table(columns, conditions.map { condition in
      [
        Cell(condition.text("type") ?? ""), status(condition), Cell(condition.text("reason") ?? ""),
        Cell(Figures.age(condition.text("since"), layout)),
      ]
    }).text(layout, indent: 2)
    return out + messages(conditions.filter { !isGood($0) }, layout)
  }

  /// Each message once: what is not known mostly has one reason.
  private static func messages(_ conditions: [JSONValue], _ layout: Layout) -> String {
    var groups: [(message: String, types: [String])] = []
    for condition in conditions {
      let (type, message) = (condition.text("type") ?? "", condition.text("message") ?? "")
      if let index = groups.firstIndex(where: { $0.message == message }) {
        groups[index].types.append(type)
      } else {
        groups.append((message, [type]))
      }
    }
    return groups.map { Paragraph.text("\($0.types.joined(separator: ", ")): \($0.message)", layout, indent: 4, first: 2) }.joined()
  }

  /// Only of these `true` is bad.
  private static func isGood(_ condition: JSONValue) -> Bool {
    condition["status"]?.boolValue == !["WaitingForWorker", "PartitionsChanged"].contains(condition.text("type") ?? "")
  }

  private static func status(_ condition: JSONValue) -> Cell {
    guard let flag = condition["status"]?.boolValue else { return Cell("not known", .faint) }
    return Cell(flag ? "true" : "false", isGood(condition) ? .good : .bad)
  }

  private static func lanes(_ pipeline: JSONValue, _ layout: Layout) -> String {
    let lanes = pipeline.items("lanes")
    var out = ""
    let partitions = lanes.flatMap { lane in
      lane.items("partitions").map { PartitionTable.row($0, lane: lanes.count > 1 ? lane.integer("index") : nil, layout) }
    }
    if !partitions.isEmpty { out += "\n" + PartitionTable.text(partitions, layout) }
    for lane in lanes {
      let name = "lane \(lane.integer("index").map(String.init) ?? "")"
      if let rebuild = lane.object("rebuild") {
        let left = rebuild.number("seconds_to_go").map { ", about \(Figures.duration(Int64(clamping: Int(min($0, 1e9)) * 1_000))) to go" } ?? ""
        out += Paragraph.text("\(name): reads \(Figures.count(rebuild.integer("records_to_go"))) records again to rebuild its windows\(left)", layout, indent: 2)
      }
      for (member, what) in [("client_error", "client"), ("produce_error", "produce"), ("commit_error", "commit"), ("checkpoint_error", "checkpoint")] {
        if let text = lane.text(member) { out += Paragraph.text("\(name), \(what): \(text)", layout, indent: 4, first: 2) }
      }
      for gap in lane.items("gaps") {
        out += Paragraph.text(
          "\(name): \(gap.text("topic") ?? "")/\(gap.integer("partition") ?? 0) lacks records up to offset \(Figures.exact(gap.integer("to"))), so some windows are short of them",
          layout, indent: 4, first: 2)
      }
    }
    return out
  }

  private static func warnings(_ pipeline: JSONValue, _ layout: Layout) -> String {
    let warnings = pipeline.items("warnings")
    if warnings.isEmpty { return "" }
    return "\n\(Tone.warning.paint("Warnings", layout))\n" + warnings.map { FaultView.text($0, layout, indent: 2) }.joined()
  }
}
