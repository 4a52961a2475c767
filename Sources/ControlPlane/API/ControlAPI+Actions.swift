import HTTPServer

/// Start, stop, pause, resume, restart.
extension ControlAPI {
  var actionRoutes: [HTTPRoute] {
    let actions: [(String, LifecycleEvent)] = [
      ("start", .start), ("stop", .stop), ("pause", .pause), ("resume", .resume), ("restart", .restart),
    ]
    return actions.map { word, event in
      route("POST", "/v1/pipelines/{name}/\(word)", query: event == .stop ? ["drain"] : [], needs: .admin) { [self] call throws(Problem) in
        try call.request.checkNoBody()
        var drainsWindows = false
        switch call.request.queryValue("drain") {
        case nil: break
        case "windows": drainsWindows = true
        case let other?: throw Problem(.queryInvalid, "drain is \(other.prefix(80)); it may be windows")
        }
        supervisor.ask(
          event, of: call.name, drainsWindows: drainsWindows, waitMs: call.request.preferredWaitMs, by: call.requester, completion: answer(call))
      }
    }
  }
}
