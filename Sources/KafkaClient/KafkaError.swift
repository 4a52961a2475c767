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
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
      RD_KAFKA_RESP_ERR__AUTHENTICATION,
    ].contains { $0.rawValue == code }
  }

  /// Of those, that the credentials are wrong.
  package var isAuthentication: Bool {
    code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED.rawValue || code == RD_KAFKA_RESP_ERR__AUTHENTICATION.rawValue
  }

  /// The handshake of TLS failed: a certificate is not trusted, or the other side speaks no TLS.
  package var isTLS: Bool { code == RD_KAFKA_RESP_ERR__SSL.rawValue }

  package var isTooLarge: Bool {
    code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE.rawValue || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE.rawValue
  }

  /// It says only that a transaction failed before; `KafkaProducer.transactionFailure` has the reason.
  package var isOfFailedTransaction: Bool {
    [RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, RD_KAFKA_RESP_ERR__STATE].contains { $0.rawValue == code }
  }

  /// The record itself is refused: sent again it will be refused again.
  package var isOfRecord: Bool {
    isTooLarge
      || [RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_POLICY_VIOLATION].contains { $0.rawValue == code }
  }

  /// The committed or asked for offset is no longer, or not yet, in the log.
  package var isOffsetOutOfRange: Bool {
    code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawValue || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE.rawValue
  }

  /// It has members, so it cannot be deleted.
  package var isNonEmptyGroup: Bool { code == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP.rawValue }

  /// The group does not know this member any more, or its partitions are about to move.
  package var isGroupFence: Bool {
    [
      RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
      RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
    ].contains { $0.rawValue == code }
  }

  /// What the coordinator answers as long as a transaction that holds offsets of the group has not ended. The client asks again by
  /// itself, and says in the end only that it took too long.
  package static let unstableOffset = KafkaError(RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT)

  /// Another member's transaction that holds offsets of the group has not ended.
  package var isUnstableOffset: Bool { code == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT.rawValue }
}
