import Arguments
import RecordCodec

extension ClientRun {
  /// A spec with what applying it would do.
  private struct Planned {
    var file: SpecFile
    var name: String
    var plan: JSONValue
  }

  func apply(_ client: borrowing HTTPClient) throws(ClientError) -> Int32 {
    let (planned, worst) = try plan(client)
    if form == .json, arguments.has("dry-run") {
      for item in planned { try console.out(item.plan) }
    } else {
      let text = planned.map { PlanView.text(file: SpecFile.shown($0.file.path), $0.plan, layout) }.joined()
      // With JSON the plan goes beside the result, for whoever is asked.
      if form == .json { console.error(text) } else { try console.out(text) }
    }
    let stuck = planned.filter { PlanView.isIncompatible($0.plan) }
    if !stuck.isEmpty {
      console.note("open windows of \(stuck.map { SafeText.line($0.name) }.joined(separator: ", ")) do not fit the new spec; --discard-state lets go of them")
    }
    if worst != 0 || !stuck.isEmpty {
      if !arguments.has("dry-run") { console.note("nothing was applied") }
      return max(worst, 1)
    }
    let due = planned.filter { PlanView.hasEffect($0.plan) }
    if arguments.has("dry-run") || (due.isEmpty && form == .table) { return 0 }
    if !due.isEmpty, !arguments.has("yes"), !console.confirm("Apply \(due.count == 1 ? "this" : "these \(due.count)")?") {
      console.note("nothing was applied")
      return 1
    }
    return try put(form == .json ? planned : due, client)
  }

  /// Asks the server about every file, so that all faults are seen at once.
  private func plan(_ client: borrowing HTTPClient) throws(ClientError) -> (planned: [Planned], worst: Int32) {
    var planned: [Planned] = []
    var worst: Int32 = 0
    for path in arguments.words {
      let shown = SpecFile.shown(path)
      let read = Result { () throws(SpecFile.Unreadable) in try named(path, among: planned) }
      switch read {
      case .failure(let fault):
        console.note("\(shown): \(fault.message)")
        worst = max(worst, 1)
      case .success(let (file, name)):
        do throws(ClientError) {
          let plan = try client.document(request(file, name, query: [(name: "dry_run", value: "true")]))
          planned.append(Planned(file: file, name: name, plan: plan))
        } catch {
          if case .unreachable = error { throw error }
          ClientProgram.report(error, self, client.settings, about: shown)
          worst = max(worst, error.exitCode)
        }
      }
    }
    return (planned, worst)
  }

  /// The file and the name in it, which the URL needs.
  private func named(_ path: String, among planned: [Planned]) throws(SpecFile.Unreadable) -> (file: SpecFile, name: String) {
    let file = try SpecFile(path)
    guard let name = file.document.text("name"), !name.isEmpty else {
      throw SpecFile.Unreadable(message: file.document.objectMembers == nil ? "the document is not a mapping" : "/name: required, a text")
    }
    if let other = planned.first(where: { $0.name == name }) {
      throw SpecFile.Unreadable(message: "has the same name as \(SpecFile.shown(other.file.path)): \(SafeText.line(name))")
    }
    return (file, name)
  }

  private func put(_ planned: [Planned], _ client: borrowing HTTPClient) throws(ClientError) -> Int32 {
    var worst: Int32 = 0
    for item in planned {
      do throws(ClientError) {
        let answer = try client.document(request(item.file, item.name, query: []))
        try show(answer) { document, layout in
          let effect = document.text("effect").map { $0 == "none" ? "unchanged" : "changed" } ?? "created"
          let phase = document.text("phase")
          return "\(SafeText.line(item.name)): \(effect), \(Tone.of(phase).paint(SafeText.line(phase ?? ""), layout))\n"
        }
      } catch {
        if case .unreachable = error { throw error }
        ClientProgram.report(error, self, client.settings, about: item.name)
        worst = max(worst, error.exitCode)
      }
    }
    return worst
  }

  private func request(_ file: SpecFile, _ name: String, query: [(name: String, value: String)]) -> ClientRequest {
    let state = arguments.has("discard-state") ? [(name: "state", value: "discard")] : []
    // The new topics are looked at and the old lanes drained before it answers.
    return ClientRequest("PUT", pipeline: name, query: query + state, body: file.document, deadlineSeconds: ClientLimits.applySeconds)
  }
}
