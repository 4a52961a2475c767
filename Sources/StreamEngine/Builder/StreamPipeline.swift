/// A pipeline over events of one type, as `StreamPipelineBuilder.build` made it. A value that does nothing by itself: an executor
/// runs it.
public struct StreamPipeline<Event: StreamEvent>: Sendable {
  public let name: String
  /// The members of a result, in order.
  public let resultNames: [String]
  package let configuration: ExecutorConfiguration
  package let reader: EventReader<Event>
  /// Milliseconds.
  package let idleTimeout: Int64
  /// Milliseconds of event time; nil: by the window.
  package let maxDrift: Int64?
  /// Most events in one batch.
  package let bufferSize: Int
  /// Names what stored windows belong to.
  package let stateIdentity: String

  /// An executor without any windows yet: to run by hand, or to hand to a `PipelineAttempt`.
  ///
  /// - Parameter partitions: inputs with a watermark each, numbered from 0. Of no account for a `PipelineAttempt`, which goes by
  ///   its topics.
  public func makeExecutor(partitions: Int = 1) -> StreamExecutor<Event> {
    StreamExecutor(self, partitions: partitions)
  }
}
