package import KafkaPipeline
import RecordCodec

/// What a PATCH of the offsets did, or would do.
package struct OffsetsPlan: Sendable {
  package var dryRun: Bool
  package var keepsWindows: Bool
  package var moves: [OffsetMove]
  package var wouldLose: KafkaStreamStats?

  var document: JSONValue {
    [
      "dry_run": .bool(dryRun), "windows": .string(keepsWindows ? "keep" : "discard"),
      "partitions": .array(
        moves.map { move in
          [
            "topic": .string(move.topic), "partition": .integer(Int64(move.partition)), "from": PipelineDocument.integer(move.from),
            "to": .integer(move.to),
          ]
        }), "would_lose": SpecPlan.loss(wouldLose),
    ]
  }
}
