import HTTPServer
import KafkaPipeline
import PipelineSpec
import RecordCodec

/// What one pipeline says of itself.
extension ControlAPI {
  var viewRoutes: [HTTPRoute] {
    [
      view("/v1/pipelines/{name}/health") { [self] _, parameters throws(Problem) in
        let pipeline = try find(parameters)
        return Answer.json(pipeline.health.level == .failing ? 503 : 200, PipelineDocument.health(pipeline))
      },
      view("/v1/pipelines/{name}/stats") { [self] _, parameters throws(Problem) in
        Answer.json(200, StatsDocument.document(try find(parameters)))
      },
      view("/v1/pipelines/{name}/offsets") { [self] _, parameters throws(Problem) in
        Answer.json(200, OffsetsDocument.document(try find(parameters)))
      },
      view("/v1/pipelines/{name}/spec") { [self] _, parameters throws(Problem) in
        let pipeline = try find(parameters)
        guard let document = pipeline.spec?.document ?? pipeline.stored?.spec else {
          throw Problem(
            .specUnusable, pipeline.lifecycle.lastFailure?.message ?? "its spec cannot be read",
            allowedActions: pipeline.lifecycle.allowedActions)
        }
        return Answer.json(200, document)
      },
    ]
  }
}
