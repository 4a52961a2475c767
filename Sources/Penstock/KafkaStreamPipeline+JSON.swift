public import Foundation
public import KafkaPipeline
public import StreamEngine

extension KafkaStreamPipeline {
  /// A pipeline whose records are JSON documents of its events.
  ///
  /// - Parameters:
  ///   - executor: the pipeline to run; events that it holds already stay in it.
  ///   - decoder: not to be changed afterwards, since every lane uses it.
  /// - Throws: `InvalidPipeline` with everything that is wrong, or a `PipelineFailure` if the state directory cannot be used.
  public convenience init<Event: StreamEvent & Decodable>(
    config: KafkaStreamConfig, executor: StreamExecutor<Event>, options: KafkaStreamOptions = KafkaStreamOptions(),
    decoder: JSONDecoder = JSONDecoder()
  ) throws {
    try self.init(config: config, executor: executor, options: options, decode: JSONEvents.decode(Event.self, with: decoder))
  }
}
