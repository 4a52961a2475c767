import HTTPServer
import PipelineSpec
import RecordCodec

/// Making, changing, listing and removing pipelines.
extension ControlAPI {
  var pipelineRoutes: [HTTPRoute] {
    [
      view("/v1/pipelines", query: ["phase", "health", "label", "limit", "cursor"], repeatable: ["label"]) {
        [self] request, _ throws(Problem) in
        let filter = try ListFilter(request)
        let page = filter.page(of: supervisor.snapshots)
        return Answer.json(
          200,
          [
            "items": .array(page.items.map { PipelineDocument.summary($0, withActions: false) }),
            "next_cursor": page.next.map { .string($0) } ?? .null,
          ], compact: true)
      },
      route("POST", "/v1/pipelines") { [self] request, _, responder throws(Problem) in
        let spec = try parse(try request.document(), name: nil)
        supervisor.create(spec, completion: answer(request, responder))
      },
      view("/v1/pipelines/{name}") { [self] _, parameters throws(Problem) in
        Answer.json(200, PipelineDocument.full(try find(parameters)))
      },
      route("PUT", "/v1/pipelines/{name}", query: ["state"]) { [self] request, parameters, responder throws(Problem) in
        let discard = try Self.discardsState(request)
        let document = try request.document()
        let name = parameters["name"] ?? ""
        guard PipelineName.isValid(name) else {
          let fault = SpecFault(
            pointer: "/name", code: "bad_format", detail: "the path names it \(name.prefix(80)), which is not [a-z0-9][a-z0-9._-]{0,62}",
            suggestion: nil)
          throw Problem(SpecFaults(faults: [fault]))
        }
        supervisor.put(try parse(document, name: name), discardState: discard, completion: answer(request, responder))
      },
      route("DELETE", "/v1/pipelines/{name}") { [self] request, parameters, responder throws(Problem) in
        supervisor.delete(parameters["name"] ?? "", completion: answer(request, responder))
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
