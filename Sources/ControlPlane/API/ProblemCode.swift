/// Every code that an error answer of the REST API can carry: the registry behind api/problems.md, which a test compares with it.
package enum ProblemCode: String, Sendable, CaseIterable {
  case requestMalformed = "request.malformed"
  case notJSON = "request.not_json"
  case bodyNotEmpty = "request.body_not_empty"
  case unsupportedMediaType = "request.unsupported_media_type"
  case bodyTooLarge = "request.too_large"
  case targetTooLong = "request.target_too_long"
  case headersTooLarge = "request.headers_too_large"
  case crossSite = "request.cross_site"
  case tokenMissing = "auth.token_missing"
  case tokenInvalid = "auth.token_invalid"
  case tokenForbidden = "auth.forbidden"
  case queryUnknown = "query.unknown"
  case queryInvalid = "query.invalid"
  case routeNotFound = "route.not_found"
  case methodNotAllowed = "route.method_not_allowed"
  case specInvalid = "spec.invalid"
  case pipelineNotFound = "pipeline.not_found"
  case nameExists = "pipeline.name_exists"
  case groupInUse = "pipeline.group_id_in_use"
  case preconditionFailed = "pipeline.precondition_failed"
  case offsetsInvalid = "offsets.invalid"
  case notStopped = "pipeline.not_stopped"
  case notRunning = "pipeline.not_running"
  case laneBusy = "pipeline.lane_busy"
  case stateIncompatible = "pipeline.state_incompatible"
  case conflict = "pipeline.conflict"
  case specUnusable = "pipeline.spec_unusable"
  case tooManyPipelines = "daemon.too_many_pipelines"
  case brokersUnreachable = "kafka.brokers_unreachable"
  case kafkaRefused = "kafka.refused"
  case daemonLoading = "daemon.loading"
  case daemonDraining = "daemon.draining"
  case tooManyStreams = "daemon.too_many_streams"
  case daemonStalled = "daemon.stalled"
  case storeUnavailable = "store.unavailable"
  case noAnswer = "internal.no_answer"

  package var status: Int {
    switch self {
    case .requestMalformed, .notJSON, .queryUnknown, .queryInvalid: 400
    case .tokenMissing, .tokenInvalid: 401
    case .crossSite, .tokenForbidden: 403
    case .routeNotFound, .pipelineNotFound: 404
    case .methodNotAllowed: 405
    case .nameExists, .groupInUse, .stateIncompatible, .notStopped, .notRunning, .kafkaRefused, .conflict, .specUnusable, .tooManyPipelines: 409
    case .preconditionFailed: 412
    case .bodyTooLarge: 413
    case .targetTooLong: 414
    case .headersTooLarge: 431
    case .unsupportedMediaType: 415
    case .specInvalid, .bodyNotEmpty, .offsetsInvalid: 422
    case .noAnswer: 500
    case .laneBusy, .daemonLoading, .daemonDraining, .daemonStalled, .storeUnavailable, .brokersUnreachable, .tooManyStreams: 503
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
    case .targetTooLong: "The path is too long"
    case .headersTooLarge: "The headers are too large"
    case .crossSite: "Requests from other sites are refused"
    case .tokenMissing: "A token is needed"
    case .tokenInvalid: "The token is not known"
    case .tokenForbidden: "The token does not allow this"
    case .queryUnknown: "A query item is not known here"
    case .queryInvalid: "A query item has a wrong value"
    case .routeNotFound: "There is nothing at this path"
    case .methodNotAllowed: "This path does not take this method"
    case .specInvalid: "The spec is not valid"
    case .pipelineNotFound: "There is no such pipeline"
    case .nameExists: "The name is taken"
    case .groupInUse: "The consumer group is taken"
    case .preconditionFailed: "It is not what the request expects"
    case .offsetsInvalid: "The offsets cannot be moved so"
    case .notStopped: "It has to be stopped first"
    case .notRunning: "It has to be running"
    case .laneBusy: "The pipeline is busy"
    case .stateIncompatible: "The state does not fit the new spec"
    case .conflict: "Something else is under way"
    case .specUnusable: "The stored spec cannot be used"
    case .tooManyPipelines: "This daemon is full"
    case .brokersUnreachable: "The brokers do not answer"
    case .kafkaRefused: "The brokers refused"
    case .daemonLoading: "The daemon is starting"
    case .daemonDraining: "The daemon is ending"
    case .tooManyStreams: "Too many streams are open"
    case .daemonStalled: "The daemon does not get on"
    case .storeUnavailable: "The data folder cannot be written"
    case .noAnswer: "The daemon has no answer"
    }
  }

  /// The same request can succeed later, with nobody changing it.
  package var isRetryable: Bool {
    switch self {
    case .conflict, .laneBusy, .brokersUnreachable, .tooManyStreams, .daemonLoading, .daemonDraining, .daemonStalled, .storeUnavailable, .noAnswer: true
    default: false
    }
  }
}
