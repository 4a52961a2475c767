import HTTPServer
import PipelineSpec
import RecordCodec

/// Making, changing, listing and removing pipelines.
extension ControlAPI {
  var pipelineRoutes: [HTTPRoute] {
    [
      view("/v1/pipelines", query: ["phase", "health", "label", "limit", "cursor"], repeatable: ["label"]) { [self] call throws(Problem) in
        let filter = try ListFilter(call.request)
        let page = filter.page(of: supervisor.snapshots)
        return Answer.json(
          200,
          [
            "items": .array(page.items.map { PipelineDocument.summary($0, withActions: false) }),
            "next_cursor": page.next.map { .string($0) } ?? .null,
          ], compact: true)
      },
      route("POST", "/v1/pipelines", query: ["dry_run"], needs: .admin) { [self] call throws(Problem) in
        let spec = try parse(try call.request.document(), name: nil)
        supervisor.create(spec, dryRun: try call.request.flag("dry_run"), by: call.requester, completion: answer(call))
      },
      view("/v1/pipelines/{name}") { [self] call throws(Problem) in
        let pipeline = try find(call)
        return Answer.json(200, PipelineDocument.full(pipeline), headers: SpecTag.headers(pipeline))
      },
      route("PUT", "/v1/pipelines/{name}", query: ["state", "dry_run"], needs: .admin) { [self] call throws(Problem) in
        var options = PutOptions()
        options.discardsState = try Self.discardsState(call.request)
        options.dryRun = try call.request.flag("dry_run")
        options.preconditions = Preconditions(call.request)
        let document = try call.request.document()
        guard PipelineName.isValid(call.name) else {
          let fault = SpecFault(
            pointer: "/name", code: "bad_format", detail: "the path names it \(call.name.prefix(80)), which is not [a-z0-9][a-z0-9._-]{0,62}",
            suggestion: nil)
          throw Problem(SpecFaults(faults: [fault]))
        }
        supervisor.put(try parse(document, name: call.name), options, by: call.requester, completion: answer(call))
      },
      route("DELETE", "/v1/pipelines/{name}", query: ["offsets"], needs: .admin) { [self] call throws(Problem) in
        supervisor.delete(
          call.name, offsets: try call.request.flag("offsets"), Preconditions(call.request), by: call.requester, completion: answer(call))
      },
    ]
  }

  private func parse(_ document: JSONValue, name: String?) throws(Problem) -> PipelineSpec {
    do throws(SpecFaults) {
      return try PipelineSpec.parse(document, name: name, defaults: SpecDefaults(brokers: supervisor.configuration.defaultBrokers))
    } catch { throw Problem(error) }
  }

  private static func discardsState(_ request: HTTPRequest) throws(Problem) -> Bool {
    switch request.queryValue("state") {
    case nil, "keep": return false
    case "discard": return true
    case let other?: throw Problem(.queryInvalid, "state is \(other.prefix(80)); it may be keep or discard")
    }
  }
}
