package import RecordCodec

/// The answer to start, stop and so on.
package enum ActionLine {
  package static func text(_ item: JSONValue, name: String, isDone: Bool, waited: Int, _ layout: Layout) -> String {
    let (phase, health) = (item.text("phase") ?? "", item.text("health"))
    var out = "\(SafeText.line(name)): \(Tone.of(phase).paint(SafeText.line(phase), layout))"
    if let health, health != "ok" { out += ", health \(Tone.of(health).paint(SafeText.line(health), layout))" }
    if !isDone { out += waited > 0 ? "; not done after \(waited) s, it goes on" : "; under way" }
    out += "\n"
    if !isDone || phase == "failed" || phase == "backoff", let error = item.object("last_error") {
      out += Paragraph.text("\(error.text("code") ?? ""): \(error.text("message") ?? "")", layout, indent: 2)
      if let advice = error.text("advice"), !advice.isEmpty { out += Paragraph.text("-> \(advice)", layout, indent: 5, first: 2) }
    }
    return out
  }
}
