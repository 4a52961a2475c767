package import RecordCodec

/// What applying a spec would do: `latency.yaml: latency: restart: /window/size_ms`.
package enum PlanView {
  package static func text(file: String, _ plan: JSONValue, _ layout: Layout) -> String {
    let changes = plan.texts("changes")
    let list = changes.isEmpty ? "" : ": \(SafeText.line(changes.joined(separator: ", ")))"
    let loss = LossView.text(plan["would_lose"])
    let effect: String
    switch plan.text("effect") {
    case "create": effect = Tone.good.paint("create", layout)
    case "none": effect = plan["changed"]?.boolValue == true ? "change without a restart\(list)" : "no change"
    case "restart": effect = Tone.warning.paint("restart", layout) + list
    case "state_incompatible", "state_discarded":
      effect = Tone.bad.paint(loss.map { "restart, would lose \($0)" } ?? "restart without its state (no window is open)", layout) + list
    case let other: effect = SafeText.line(other ?? "not known")
    }
    let warnings = plan.items("warnings").map { "  warning: \(FaultView.line($0))\n" }.joined()
    return "\(SafeText.line(file)): \(SafeText.line(plan.text("name") ?? "")): \(effect)\n\(warnings)"
  }

  /// Something would happen.
  static func hasEffect(_ plan: JSONValue) -> Bool { plan.text("effect") != "none" || plan["changed"]?.boolValue == true }

  static func isIncompatible(_ plan: JSONValue) -> Bool { plan.text("effect") == "state_incompatible" }
}
