package import HTTPServer
import RecordCodec

/// The REST API over one supervisor.
package struct ControlAPI: Sendable {
  package let supervisor: Supervisor
  package let build: BuildInfo
  let access: AccessControl
  let site: SiteCheck
  let live = LiveStreams()

  package init(supervisor: Supervisor, build: BuildInfo, loopbackOnly: Bool, access: AccessControl = AccessControl()) {
    self.supervisor = supervisor
    self.build = build
    self.access = access
    self.site = SiteCheck(loopbackOnly: loopbackOnly)
  }

  package var router: HTTPRouter {
    HTTPRouter(routes: routes) { failure, request in Problem(failure).response(to: request) }
  }

  package var routes: [HTTPRoute] {
    daemonRoutes + pipelineRoutes + actionRoutes + viewRoutes + streamRoutes
  }

  typealias Body = @Sendable (Call) throws(Problem) -> Void

  /// A route with the checks that all have: other sites, tokens, query items, a daemon that is not ready.
  ///
  /// `needs`: nil for what everybody may ask.
  func route(
    _ method: String, _ pattern: String, query: Set<String> = [], repeatable: Set<String> = [], needs: AccessRole?, _ body: @escaping Body
  ) -> HTTPRoute {
    let needsPipelines = pattern.hasPrefix("/v1/")
    let takesBody = ["POST", "PUT", "PATCH"].contains(method)
    return HTTPRoute(method, pattern) { [self] request, parameters, responder in
      var call = Call(request: request, parameters: parameters, requester: Requester(role: nil, request), responder: responder)
      do throws(Problem) {
        try site.check(request)
        if let needs { call.requester = try access.check(request, needed: needs) }
        if !takesBody { try request.checkNoBody() }
        try request.checkQuery(query, repeatable: repeatable)
        if needsPipelines, supervisor.readiness.stage == .loading {
          throw Problem(.daemonLoading, "the daemon is still reading its data folder")
        }
        try body(call)
      } catch {
        let answer = error.response(to: request)
        if method != "GET" { audit(request, call.requester, answer.status, error.code.rawValue) }
        responder.respond(answer)
      }
    }
  }

  /// A route whose answer is there at once.
  func view(
    _ pattern: String, query: Set<String> = [], repeatable: Set<String> = [], needs: AccessRole? = .read,
    _ body: @escaping @Sendable (Call) throws(Problem) -> HTTPResponse
  ) -> HTTPRoute {
    route("GET", pattern, query: query, repeatable: repeatable, needs: needs) { call throws(Problem) in
      call.responder.respond(try body(call))
    }
  }

  func find(_ call: Call) throws(Problem) -> PipelineSnapshot {
    guard let snapshot = supervisor.snapshot(call.name) else { throw Problem(Supervisor.notFound(call.name)) }
    return snapshot
  }

  /// Answers a request with what a command came to.
  func answer(_ call: Call) -> Supervisor.Completion {
    { result in
      let response = Self.response(to: call.request, result)
      var code: String?
      if case .refused(let refusal) = result { code = refusal.code.rawValue }
      audit(call.request, call.requester, response.status, code)
      call.responder.respond(response)
    }
  }

  /// One line for every write: who, what, from where, outcome.
  private func audit(_ request: HTTPRequest, _ requester: Requester, _ status: Int, _ code: String?) {
    let query = request.query.isEmpty ? "" : "?" + request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&").prefix(200)
    supervisor.environment.log(
      "info", nil,
      "audit \(request.method) \(request.path.prefix(200))\(query) by \(requester.text): \(status)\(code.map { " \($0)" } ?? "") request=\(request.id)")
  }

  private static func response(to request: HTTPRequest, _ result: CommandResult) -> HTTPResponse {
    switch result {
    case .done(let pipeline): Answer.json(200, PipelineDocument.summary(pipeline, withActions: true))
    case .accepted(let pipeline): Answer.json(202, PipelineDocument.summary(pipeline, withActions: true))
    case .created(let pipeline):
      Answer.json(
        201, PipelineDocument.full(pipeline),
        headers: [(name: "Location", value: "/v1/pipelines/\(pipeline.name)")] + SpecTag.headers(pipeline))
    case .replaced(let pipeline, let changed, let effect):
      Answer.json(
        200, PipelineDocument.full(pipeline, extra: [.init("changed", .bool(changed)), .init("effect", .string(effect))]),
        headers: SpecTag.headers(pipeline))
    case .movedOffsets(let plan): Answer.json(200, plan.document)
    case .planned(let plan): Answer.json(200, plan.document)
    case .deleted: HTTPResponse(status: 204)
    case .refused(let refusal): Problem(refusal).response(to: request)
    }
  }
}
