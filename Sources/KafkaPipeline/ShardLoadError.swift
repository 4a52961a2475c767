import KafkaClient
import StateStore

/// Why a shard could not be loaded.
enum ShardLoadError: Error {
  case failed(PipelineFailure)
  /// By the load table. `positions`: next offsets of the valid checkpoint. Where the log does not reach them, that is the reason.
  case refused(PipelineFailure, positions: [TopicPartition: Int64])
  /// What is stored cannot be used: it is kept aside, and the windows are read again from the log.
  case damaged(String)

  init(_ error: StateStoreError) {
    self = error.code == .damaged ? .damaged(error.message) : .failed(PipelineFailure(error))
  }
}
