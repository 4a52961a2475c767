import KafkaClient

extension PipelineFailure {
  /// `doing`: what was tried, such as `reading the group's offsets`.
  init(_ error: KafkaError, doing: String) {
    let message = "\(doing): \(error.message) (\(error.name))"
    if error.isAuthentication, error.message.contains("SCRAM"), ClientVersion.current < ClientVersion.speaksSCRAM {
      self.init(
        code: "kafka.authentication_failed", fault: .user, retryable: false, message: message,
        advice:
          "Brokers from Kafka 4.0 on refuse SCRAM of librdkafka before \(ClientVersion.speaksSCRAM.text), also with the right password; this is \(ClientVersion.current.text). Use a newer librdkafka, SASL PLAIN over TLS or a client certificate; with older brokers check sasl.username and sasl.password. Then start the pipeline.")
    } else if error.isAuthentication {
      self.init(
        code: "kafka.authentication_failed", fault: .user, retryable: false, message: message,
        advice: "Check sasl.username, sasl.password and sasl.mechanism in consumer_config and producer_config, then start the pipeline.")
    } else if error.isTLS {
      self.init(
        code: "kafka.tls_failed", fault: .user, retryable: true, message: message,
        advice: "Check ssl.ca.pem, ssl.certificate.pem and security.protocol in consumer_config and producer_config against the brokers; it is tried again.")
    } else if error.isAuthorization {
      self.init(
        code: "kafka.not_authorized", fault: .user, retryable: false, message: message,
        advice: "Check the credentials in the spec and what they are allowed on the cluster, then start the pipeline.")
    } else if error.isTooLarge {
      self.init(
        code: "kafka.result_too_large", fault: .user, retryable: false, message: message,
        advice: "Raise max.message.bytes of the output topic and message.max.bytes in producer_config, or shorten the keys.")
    } else if error.isOffsetOutOfRange {
      self.init(
        code: "kafka.offset_out_of_range", fault: .external, retryable: true, message: message,
        advice: "The next start goes on from what the log still holds.")
    } else if error.isUnknownTopic {
      self.init(
        code: "kafka.topic_missing", fault: .external, retryable: true, message: message,
        advice: "Create the topic; the pipeline goes on by itself.")
    } else {
      self.init(
        code: error.isTimeout ? "kafka.timeout" : "kafka.client_error", fault: .external, retryable: true, message: message,
        advice: "Check that the brokers answer; the pipeline tries again by itself.")
    }
  }
}
