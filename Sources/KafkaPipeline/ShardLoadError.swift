import StateStore

/// Why a shard could not be loaded.
enum ShardLoadError: Error {
  case failed(PipelineFailure)
  /// What is stored cannot be used: it is kept aside, and the windows are read again from the log.
  case damaged(String)

  init(_ error: StateStoreError) {
    self = error.code == .damaged ? .damaged(error.message) : .failed(PipelineFailure(error))
  }
}
