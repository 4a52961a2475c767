import HTTPServer

/// Start, stop, restart.
extension ControlAPI {
  var actionRoutes: [HTTPRoute] {
    let actions: [(String, LifecycleEvent)] = [("start", .start), ("stop", .stop), ("restart", .restart)]
    return actions.map { word, event in
      route("POST", "/v1/pipelines/{name}/\(word)") { [self] request, parameters, responder throws(Problem) in
        try request.checkNoBody()
        supervisor.ask(event, of: parameters["name"] ?? "", waitMs: request.preferredWaitMs, completion: answer(request, responder))
      }
    }
  }
}
