package import RecordCodec

/// One line of a pipeline's history.
package enum EventLine {
  package static func text(_ event: JSONValue, _ layout: Layout) -> String {
    let type = event.text("type") ?? ""
    let phase = event.text("phase")
    var parts = [Tone.faint.paint(SafeText.line(event.text("at") ?? Figures.none), layout)]
    if type == "phase", let phase {
      let from = event.text("from").map { "\(SafeText.line($0)) -> " } ?? ""
      parts.append(from + Tone.of(phase).paint(SafeText.line(phase), layout))
    } else {
      parts.append((type == "error" ? Tone.bad : .plain).paint(SafeText.line(type), layout))
    }
    if let code = event.text("code") { parts.append(SafeText.line(code)) }
    if let message = event.text("message"), !message.isEmpty { parts.append(SafeText.line(message)) }
    return parts.joined(separator: "  ") + "\n"
  }
}
