import RecordCodec

extension Explanation {
  func document(_ pipeline: PipelineSnapshot) -> JSONValue {
    let window: JSONValue =
      nextWindow.map { ["start_ms": PipelineDocument.integer($0.startMs), "end_ms": .integer($0.endMs)] } ?? .null
    return [
      "name": .string(pipeline.name), "phase": .string(pipeline.lifecycle.phase.rawValue), "summary": .string(summary),
      "watermark_ms": PipelineDocument.integer(watermarkMs), "next_window": window,
      "needs_watermark_ms": PipelineDocument.integer(nextWindow?.endMs), "behind_ms": PipelineDocument.integer(behindMs),
      "held_by": .array(
        heldBy.map { holder in
          [
            "topic": .string(holder.topic), "partition": .integer(Int64(holder.partition)),
            "watermark_ms": PipelineDocument.integer(holder.watermarkMs), "reason": .string(holder.reason.rawValue),
            "since": PipelineDocument.time(holder.since), "message": .string(holder.message),
          ]
        }),
      "releases": PipelineDocument.strings(releases), "expected_at": PipelineDocument.time(expectedAt),
    ]
  }
}
