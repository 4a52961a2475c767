package import HTTPServer
import RecordCodec

/// The REST API over one supervisor.
package struct ControlAPI: Sendable {
  package let supervisor: Supervisor
  package let build: BuildInfo
  let site: SiteCheck

  package init(supervisor: Supervisor, build: BuildInfo, loopbackOnly: Bool) {
    self.supervisor = supervisor
    self.build = build
    self.site = SiteCheck(loopbackOnly: loopbackOnly)
  }

  package var router: HTTPRouter {
    HTTPRouter(routes: routes) { failure, request in Problem(failure).response(to: request) }
  }

  package var routes: [HTTPRoute] {
    daemonRoutes + pipelineRoutes + actionRoutes + viewRoutes
  }

  typealias Body = @Sendable (HTTPRequest, _ parameters: [String: String], HTTPResponder) throws(Problem) -> Void

  /// A route with the checks that all have: other sites, query items, a daemon that is not ready.
  func route(
    _ method: String, _ pattern: String, query: Set<String> = [], repeatable: Set<String> = [], _ body: @escaping Body
  ) -> HTTPRoute {
    let needsPipelines = pattern.hasPrefix("/v1/")
    return HTTPRoute(method, pattern) { [self] request, parameters, responder in
      do throws(Problem) {
        try site.check(request)
        if method != "POST", method != "PUT" { try request.checkNoBody() }
        try request.checkQuery(query, repeatable: repeatable)
        if needsPipelines, supervisor.readiness.stage == .loading {
          throw Problem(.daemonLoading, "the daemon is still reading its data folder")
        }
        try body(request, parameters, responder)
      } catch { responder.respond(error.response(to: request)) }
    }
  }

  /// A route whose answer is there at once.
  func view(
    _ pattern: String, query: Set<String> = [], repeatable: Set<String> = [],
    _ body: @escaping @Sendable (HTTPRequest, _ parameters: [String: String]) throws(Problem) -> HTTPResponse
  ) -> HTTPRoute {
    route("GET", pattern, query: query, repeatable: repeatable) { request, parameters, responder throws(Problem) in
      responder.respond(try body(request, parameters))
    }
  }

  /// A name that no pipeline can have is as little there as any other.
  func find(_ parameters: [String: String]) throws(Problem) -> PipelineSnapshot {
    let name = parameters["name"] ?? ""
    guard let snapshot = supervisor.snapshot(name) else { throw Problem(Supervisor.notFound(name)) }
    return snapshot
  }

  /// Answers a request with what a command came to.
  func answer(_ request: HTTPRequest, _ responder: HTTPResponder) -> Supervisor.Completion {
    { result in responder.respond(Self.response(to: request, result)) }
  }

  private static func response(to request: HTTPRequest, _ result: CommandResult) -> HTTPResponse {
    switch result {
    case .done(let pipeline): Answer.json(200, PipelineDocument.summary(pipeline, withActions: true))
    case .accepted(let pipeline): Answer.json(202, PipelineDocument.summary(pipeline, withActions: true))
    case .created(let pipeline):
      Answer.json(201, PipelineDocument.full(pipeline), headers: [(name: "Location", value: "/v1/pipelines/\(pipeline.name)")])
    case .replaced(let pipeline, let changed, let effect):
      Answer.json(200, PipelineDocument.full(pipeline, extra: [.init("changed", .bool(changed)), .init("effect", .string(effect))]))
    case .deleted: HTTPResponse(status: 204)
    case .refused(let refusal): Problem(refusal).response(to: request)
    }
  }
}
