/// Every code that an error answer of the REST API can carry: the registry behind api/problems.md, which a test compares with it.
package enum ProblemCode: String, Sendable, CaseIterable {
  case requestMalformed = "request.malformed"
  case notJSON = "request.not_json"
  case bodyNotEmpty = "request.body_not_empty"
  case unsupportedMediaType = "request.unsupported_media_type"
  case bodyTooLarge = "request.too_large"
  case crossSite = "request.cross_site"
  case queryUnknown = "query.unknown"
  case queryInvalid = "query.invalid"
  case routeNotFound = "route.not_found"
  case methodNotAllowed = "route.method_not_allowed"
  case specInvalid = "spec.invalid"
  case pipelineNotFound = "pipeline.not_found"
  case nameExists = "pipeline.name_exists"
  case groupInUse = "pipeline.group_id_in_use"
  case stateIncompatible = "pipeline.state_incompatible"
  case conflict = "pipeline.conflict"
  case specUnusable = "pipeline.spec_unusable"
  case tooManyPipelines = "daemon.too_many_pipelines"
  case daemonLoading = "daemon.loading"
  case daemonDraining = "daemon.draining"
  case daemonStalled = "daemon.stalled"
  case storeUnavailable = "store.unavailable"
  case noAnswer = "internal.no_answer"

  package var status: Int {
    switch self {
    case .requestMalformed, .notJSON, .queryUnknown, .queryInvalid: 400
    case .crossSite: 403
    case .routeNotFound, .pipelineNotFound: 404
    case .methodNotAllowed: 405
    case .nameExists, .groupInUse, .stateIncompatible, .conflict, .specUnusable, .tooManyPipelines: 409
    case .bodyTooLarge: 413
    case .unsupportedMediaType: 415
    case .specInvalid, .bodyNotEmpty: 422
    case .noAnswer: 500
    case .daemonLoading, .daemonDraining, .daemonStalled, .storeUnavailable: 503
    }
  }

  /// The same for every problem of this code.
  package var title: String {
    switch self {
    case .requestMalformed: "The request is malformed"
    case .notJSON: "The body is not JSON"
    case .bodyNotEmpty: "This request takes no body"
    case .unsupportedMediaType: "The body's content type is not JSON"
    case .bodyTooLarge: "The body is too large"
    case .crossSite: "Writes from other sites are refused"
    case .queryUnknown: "A query item is not known here"
    case .queryInvalid: "A query item has a wrong value"
    case .routeNotFound: "There is nothing at this path"
    case .methodNotAllowed: "This path does not take this method"
    case .specInvalid: "The spec is not valid"
    case .pipelineNotFound: "There is no such pipeline"
    case .nameExists: "The name is taken"
    case .groupInUse: "The consumer group is taken"
    case .stateIncompatible: "The state does not fit the new spec"
    case .conflict: "Something else is under way"
    case .specUnusable: "The stored spec cannot be used"
    case .tooManyPipelines: "This daemon is full"
    case .daemonLoading: "The daemon is starting"
    case .daemonDraining: "The daemon is ending"
    case .daemonStalled: "The daemon does not get on"
    case .storeUnavailable: "The data folder cannot be written"
    case .noAnswer: "The daemon has no answer"
    }
  }

  /// The same request can succeed later, with nobody changing it.
  package var isRetryable: Bool {
    switch self {
    case .conflict, .daemonLoading, .daemonDraining, .daemonStalled, .storeUnavailable, .noAnswer: true
    default: false
    }
  }
}
