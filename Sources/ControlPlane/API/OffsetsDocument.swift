import KafkaPipeline
import PipelineSpec
import RecordCodec

/// Where a pipeline stands in its topics, partition by partition.
enum OffsetsDocument {
  static func document(_ pipeline: PipelineSnapshot) -> JSONValue {
    let lanes = pipeline.hasAttempt ? pipeline.status?.lanes ?? [] : []
    var partitions = lanes.flatMap(\.partitions)
    let held = Set(partitions.map { "\($0.topic)/\($0.partition)" })
    // What was committed before the lanes ended, or before another member took the partition.
    for (topic, offsets) in pipeline.stats.committedOffsets {
      for (number, offset) in offsets where !held.contains("\(topic)/\(number)") {
        var partition = PartitionStatus(topic: topic, partition: number)
        partition.committed = offset
        partitions.append(partition)
      }
    }
    partitions.sort { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
    return [
      "name": .string(pipeline.name),
      "group_id": pipeline.spec.map { .string($0.compiled.groupID) } ?? .null,
      "consumer_lag": PipelineDocument.integer(pipeline.stats.consumerLag),
      "partitions": .array(partitions.map(PipelineDocument.partition)),
    ]
  }
}
