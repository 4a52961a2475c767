/// librdkafka's mock cluster inside this process: for demos and quick tests. Memory only; topics are made by use with 4 partitions.
package final class EmbeddedKafka: Sendable {
  /// `127.0.0.1:PORT`
  package let bootstrap: String

  package init() throws(PipelineFailure) {
    throw PipelineFailure(code: "kafka.embedded_broker", fault: .internal, retryable: false, message: "not built yet", advice: "")
  }

  /// Ends the cluster. Every pipeline on it must have ended before.
  package func stop() {}
}
