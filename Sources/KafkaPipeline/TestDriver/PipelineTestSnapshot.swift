import StreamEngine

/// What a pipeline keeps in a checkpoint: windows, watermarks, next offsets. Made and taken by `PipelineTestDriver`.
public struct PipelineTestSnapshot: Sendable {
  let nextOffsets: [Int64]
  let shards: [ShardState]
}
