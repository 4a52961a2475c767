import HTTPServer
import KafkaPipeline
import PipelineSpec
import RecordCodec

/// What one pipeline says of itself.
extension ControlAPI {
  var viewRoutes: [HTTPRoute] {
    [
      view("/v1/pipelines/{name}/health") { [self] call throws(Problem) in
        let pipeline = try find(call)
        return Answer.json(pipeline.health.level == .failing ? 503 : 200, PipelineDocument.health(pipeline))
      },
      view("/v1/pipelines/{name}/stats", query: ["detail"]) { [self] call throws(Problem) in
        switch call.request.queryValue("detail") {
        case nil, "partitions": break
        case let other?: throw Problem(.queryInvalid, "detail is \(other.prefix(80)); it may be partitions")
        }
        let detailed = call.request.queryValue("detail") != nil
        return Answer.json(200, StatsDocument.document(try find(call), partitions: detailed))
      },
      view("/v1/pipelines/{name}/stats/history", query: ["window"]) { [self] call throws(Problem) in
        let windowMs = try call.request.duration("window", longestMs: Int64(StatsRing.capacity) * StatsRing.stepMs, absentMs: 900_000)
        guard let samples = supervisor.samples(of: call.name, overMs: windowMs) else { throw Problem(Supervisor.notFound(call.name)) }
        return Answer.json(200, StatsDocument.history(call.name, samples), compact: true)
      },
      view("/v1/pipelines/{name}/explain") { [self] call throws(Problem) in
        let pipeline = try find(call)
        let samples = supervisor.samples(of: call.name, overMs: 60_000) ?? []
        return Answer.json(200, Explanation(pipeline, samples).document(pipeline))
      },
      route("GET", "/v1/pipelines/{name}/windows", query: ["key", "limit"], needs: .read) { [self] call throws(Problem) in
        let limit = try call.request.number("limit", in: 1...1_000, absent: 100)
        supervisor.windows(of: call.name, key: call.request.queryValue("key"), limit: limit) { result in
          switch result {
          case .success(let list): call.responder.respond(WindowsDocument.answer(call.name, list))
          case .failure(let refusal): call.responder.respond(Problem(refusal).response(to: call.request))
          }
        }
      },
      view("/v1/pipelines/{name}/offsets") { [self] call throws(Problem) in
        Answer.json(200, OffsetsDocument.document(try find(call)))
      },
      route("PATCH", "/v1/pipelines/{name}/offsets", query: ["dry_run"], needs: .admin) { [self] call throws(Problem) in
        let wish = try OffsetsWish(try call.request.document())
        supervisor.moveOffsets(
          of: call.name, to: wish.target, keepsWindows: wish.keepsWindows, dryRun: try call.request.flag("dry_run"), Preconditions(call.request),
          by: call.requester, completion: answer(call))
      },
      view("/v1/pipelines/{name}/spec") { [self] call throws(Problem) in
        let pipeline = try find(call)
        guard let document = pipeline.spec?.document ?? pipeline.stored?.spec else {
          throw Problem(
            .specUnusable, pipeline.lifecycle.lastFailure?.message ?? "its spec cannot be read",
            allowedActions: pipeline.lifecycle.allowedActions)
        }
        let headers = SpecTag.headers(pipeline)
        if Preconditions(call.request).noneMatch?.matches(SpecTag.text(pipeline), exists: true) == true { return HTTPResponse(status: 304, headers: headers) }
        return Answer.json(200, document, headers: headers)
      },
    ]
  }
}
