import KafkaClient
import Synchronization

/// librdkafka's mock cluster inside this process: for demos and quick tests. Memory only; topics are made by use with 4 partitions.
package final class EmbeddedKafka: Sendable {
  /// `127.0.0.1:PORT`
  package let bootstrap: String
  private let cluster: Mutex<MockCluster?>

  package init() throws(PipelineFailure) {
    do throws(KafkaError) {
      let cluster = try MockCluster()
      bootstrap = cluster.bootstrap
      self.cluster = Mutex(cluster)
    } catch {
      throw PipelineFailure(
        code: "kafka.embedded_broker", fault: .internal, retryable: false, message: error.message,
        advice: "Check that this machine allows listening on 127.0.0.1.")
    }
  }

  /// Makes a topic now, instead of at its first use.
  package func makeTopic(_ name: String, partitions: Int32) throws(PipelineFailure) {
    let error: KafkaError? = cluster.withLock { cluster in
      do throws(KafkaError) {
        try cluster?.makeTopic(name, partitions: partitions)
        return nil
      } catch { return error }
    }
    if let error { throw PipelineFailure(error, doing: "making the topic \(name)") }
  }

  /// Ends the cluster. Every pipeline on it must have ended before.
  package func stop() {
    let last = cluster.withLock { cluster in
      defer { cluster = nil }
      return cluster
    }
    _ = last
  }
}
