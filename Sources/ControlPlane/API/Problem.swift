package import HTTPServer
package import PipelineSpec
import RecordCodec

/// An error answer: RFC 9457 with the members of this API.
package struct Problem: Error, Sendable {
  package var code: ProblemCode
  /// What is wrong with this request, for people.
  package var detail: String
  /// What the pipeline would take now; empty where no pipeline is concerned.
  package var allowedActions: [String]
  package var faults: [SpecFault]
  package var isRetryable: Bool
  package var headers: [(name: String, value: String)]

  package init(
    _ code: ProblemCode, _ detail: String, allowedActions: [String] = [], faults: [SpecFault] = [], retryable: Bool? = nil,
    headers: [(name: String, value: String)] = []
  ) {
    self.code = code
    self.detail = detail
    self.allowedActions = allowedActions
    self.faults = faults
    self.isRetryable = retryable ?? code.isRetryable
    self.headers = headers
  }

  package init(_ refusal: Refusal) {
    self.init(
      refusal.code, refusal.detail, allowedActions: refusal.allowedActions, faults: refusal.faults, retryable: refusal.retryable)
  }

  package init(_ faults: SpecFaults) {
    let count = faults.faults.count
    let first = faults.faults.first.map { "\($0.pointer.isEmpty ? "the document" : $0.pointer): \($0.detail)" } ?? ""
    self.init(.specInvalid, count == 1 ? first : "\(count) faults, the first at \(first)", faults: faults.faults)
  }

  package init(_ failure: HTTPFailure) {
    switch failure {
    case .malformed(let why): self.init(.requestMalformed, why)
    case .noRoute: self.init(.routeNotFound, "no resource has this path; /openapi.json lists them all")
    case .methodNotAllowed(let allowed):
      self.init(
        .methodNotAllowed, "it takes \(allowed.joined(separator: ", "))",
        headers: [(name: "Allow", value: allowed.joined(separator: ", "))])
    case .bodyTooLarge(let limit): self.init(.bodyTooLarge, "a body may have \(limit) bytes")
    case .targetTooLong(let limit): self.init(.targetTooLong, "path and query may have \(limit) bytes")
    case .headersTooLarge(let why): self.init(.headersTooLarge, why)
    case .tooManyStreams(let limit): self.init(.tooManyStreams, "\(limit) streams are open, the most this daemon holds at once; end one, or poll")
    case .noAnswer: self.init(.noAnswer, "the request was taken, but nothing came of it; the log may say why")
    }
  }

  package func response(to request: HTTPRequest) -> HTTPResponse {
    let body: JSONValue = [
      "type": .string("/problems/\(code.rawValue)"),
      "title": .string(code.title),
      "status": .integer(Int64(code.status)),
      "detail": .string(detail),
      "instance": .string(request.path),
      "code": .string(code.rawValue),
      "request_id": .string(request.id),
      "retryable": .bool(isRetryable),
      "allowed_actions": .array(allowedActions.map { .string($0) }),
      "errors": .array(faults.map(Self.document)),
    ]
    var headers = headers
    headers.append((name: "Content-Type", value: "application/problem+json"))
    if code.status == 503 { headers.append((name: "Retry-After", value: "1")) }
    return HTTPResponse(status: code.status, headers: headers, body: body.serialized(pretty: true) + [0x0A])
  }

  /// A fault of a spec as it stands in `errors` and `warnings`.
  static func document(_ fault: SpecFault) -> JSONValue {
    [
      "pointer": .string(fault.pointer), "code": .string(fault.code), "detail": .string(fault.detail),
      "suggestion": fault.suggestion.map { .string($0) } ?? .null,
    ]
  }
}
