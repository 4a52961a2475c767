import KafkaClient

/// The offsets that a partition's log holds: start ..< end.
struct LogBounds: Equatable {
  var start: Int64
  var end: Int64

  /// An offset to go on from: raised to the log's start where retention has taken records. Above the log's end it is another log.
  func within(_ offset: Int64, _ partition: TopicPartition) throws(PipelineFailure) -> Int64 {
    if offset > end {
      throw Self.recreated(
        partition, "\(partition.topic)/\(partition.partition) ends at \(end), before the offset \(offset) to go on from: the topic was made anew or cut")
    }
    return max(offset, start)
  }

  static func recreated(_ partition: TopicPartition, _ message: String) -> PipelineFailure {
    PipelineFailure(
      code: "kafka.topic_recreated", fault: .external, retryable: false, message: message,
      advice: "If the new log is right, PUT the pipeline with ?state=discard and start it: its windows are given up, and it reads the new log. If the old log comes back, just start it.")
  }
}
