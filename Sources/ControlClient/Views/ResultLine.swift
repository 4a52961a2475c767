package import RecordCodec

/// One result of a pipeline in a line: the window, the key, the figures.
package enum ResultLine {
  private static let head: Set<String> = ["key", "window_start", "window_end", "revision", "final", "retracted", "seq"]

  package static func text(_ result: JSONValue, _ layout: Layout) -> String {
    let value = result["value"] ?? .null
    var parts: [String] = []
    if let start = value.integer("window_start"), let end = value.integer("window_end") {
      parts.append(Tone.faint.paint("\(Figures.time(start)) +\(Figures.duration(end.subtractingReportingOverflow(start).partialValue))", layout))
    }
    parts.append(Tone.strong.paint(SafeText.line(result.text("key") ?? value["key"]?.plainText ?? ""), layout))
    for member in value.objectMembers ?? [] where !head.contains(member.name) {
      parts.append(SafeText.line("\(member.name)=\(member.value.plainText)"))
    }
    if value.objectMembers == nil { parts.append(SafeText.line(value.plainText)) }
    if let seq = value.integer("seq") { parts.append("#\(seq)") }
    if let revision = value.integer("revision"), revision > 1 { parts.append(Tone.warning.paint("revision \(revision)", layout)) }
    if value["final"]?.boolValue == false { parts.append(Tone.faint.paint("not final", layout)) }
    if value["retracted"]?.boolValue == true { parts.append(Tone.bad.paint("retracted", layout)) }
    return parts.joined(separator: "  ") + "\n"
  }
}
