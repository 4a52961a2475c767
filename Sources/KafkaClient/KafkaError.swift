import CRdKafka

/// An error of the client or of a broker.
package struct KafkaError: Error, Sendable, Equatable {
  /// `rd_kafka_resp_err_t`: negative ones are the client's own, positive ones the broker's.
  package var code: Int32
  /// Its symbol, such as `UNKNOWN_TOPIC_OR_PART`.
  package var name: String
  /// What happened, for people.
  package var message: String

  package init(code: Int32, name: String, message: String) {
    self.code = code
    self.name = name
    self.message = message
  }

  init(_ error: rd_kafka_resp_err_t, _ message: String? = nil) {
    code = error.rawValue
    name = String(cString: rd_kafka_err2name(error))
    self.message = message ?? String(cString: rd_kafka_err2str(error))
  }

  /// Takes the error object over and destroys it.
  init(consuming error: OpaquePointer) {
    self.init(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
    rd_kafka_error_destroy(error)
  }

  package var isTimeout: Bool {
    code == RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue || code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE.rawValue
      || code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT.rawValue || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT.rawValue
  }

  package var isUnknownTopic: Bool {
    code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART.rawValue || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC.rawValue
      || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION.rawValue
  }

  /// The credentials are wrong, or they do not allow it: waiting does not help.
  package var isAuthorization: Bool {
    [
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
      RD_KAFKA_RESP_ERR__AUTHENTICATION,
    ].contains { $0.rawValue == code }
  }

  package var isTooLarge: Bool {
    code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE.rawValue || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE.rawValue
  }

  /// The committed or asked for offset is no longer, or not yet, in the log.
  package var isOffsetOutOfRange: Bool {
    code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawValue || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE.rawValue
  }
}
