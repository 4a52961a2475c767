import RecordCodec

/// An answer that refuses, for people: what is wrong, where, and what to do next.
package enum ProblemView {
  package static func text(_ answer: ClientAnswer, server: String, hasToken: Bool, _ layout: Layout) -> String {
    guard let problem = answer.document, let title = problem.text("title") else {
      return Paragraph.text(
        "\(server) answers with status \(answer.status), but not as penstock does; is another program listening there? --server URL names the right address",
        layout, indent: 2, first: 0)
    }
    let code = problem.text("code") ?? ""
    var out = "\(SafeText.line(title)) (\(answer.status)\(code.isEmpty ? "" : " \(SafeText.line(code))"))\n"
    let faults = problem.items("errors")
    // The detail of a spec's problem repeats its first fault.
    if let detail = problem.text("detail"), !detail.isEmpty, faults.isEmpty { out += Paragraph.text(detail, layout, indent: 2) }
    out += faults.map { FaultView.text($0, layout, indent: 2) }.joined()
    for line in next(answer.status, code, problem, hasToken: hasToken) { out += Paragraph.text("-> \(line)", layout, indent: 5, first: 2) }
    if answer.status >= 500, let request = problem.text("request_id") { out += "  request \(SafeText.line(request))\n" }
    return out
  }

  /// What to do.
  private static func next(_ status: Int, _ code: String, _ problem: JSONValue, hasToken: Bool) -> [String] {
    var lines: [String] = []
    switch code {
    case "pipeline.not_found": lines.append("penstock list shows the names")
    case "pipeline.name_exists": lines.append("penstock apply replaces the spec of a pipeline that exists")
    case "pipeline.state_incompatible": lines.append("apply --discard-state lets go of the open windows; another name keeps both")
    case "pipeline.not_stopped": lines.append("penstock stop NAME, then again")
    case "query.unknown", "route.not_found", "route.method_not_allowed": lines.append("the server may be of another version than this client: GET /version tells")
    default: break
    }
    if status == 401 { lines.append(hasToken ? "the server does not know this token" : "the server wants a token: --token-file FILE or PENSTOCK_TOKEN_FILE") }
    if status == 403, code != "request.cross_site" { lines.append("this needs a token with the role admin") }
    let allowed = problem.texts("allowed_actions")
    if !allowed.isEmpty { lines.append("allowed now: \(allowed.joined(separator: ", "))") }
    if problem["retryable"]?.boolValue == true { lines.append("the same again can succeed later") }
    return lines
  }
}
