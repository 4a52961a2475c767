import CRdKafka

/// librdkafka's mock cluster inside this process.
///
/// Its limits (librdkafka 2.0.2): memory only, 5 MiB per partition, topics made by use with 4 partitions, no admin calls, no real
/// transactions, ports of its own choice.
package final class MockCluster: @unchecked Sendable {
  private let client: OpaquePointer
  private let cluster: OpaquePointer
  private let events: ClientEvents
  /// `127.0.0.1:PORT`
  package let bootstrap: String

  package init() throws(KafkaError) {
    events = ClientEvents()
    client = try ClientConfiguration([]).makeClient(RD_KAFKA_PRODUCER, events: events)
    guard let cluster = rd_kafka_mock_cluster_new(client, 1) else {
      rd_kafka_destroy(client)
      throw KafkaError(RD_KAFKA_RESP_ERR__FAIL, "the embedded broker could not listen on 127.0.0.1")
    }
    self.cluster = cluster
    bootstrap = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
  }

  /// Makes a topic now, instead of at its first use.
  package func makeTopic(_ name: String, partitions: Int32) throws(KafkaError) {
    let error = rd_kafka_mock_topic_create(cluster, name, partitions, 1)
    if error.rawValue != 0 { throw KafkaError(error) }
  }

  /// The next `count` produce requests are refused as if they held a record that the broker cannot take.
  package func refuseProduce(_ count: Int) {
    let produce: Int16 = 0
    var errors = [rd_kafka_resp_err_t](repeating: RD_KAFKA_RESP_ERR_INVALID_RECORD, count: count)
    rd_kafka_mock_push_request_errors_array(cluster, produce, count, &errors)
  }

  deinit {
    rd_kafka_mock_cluster_destroy(cluster)
    rd_kafka_destroy(client)
  }
}
