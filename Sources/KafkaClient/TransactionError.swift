import CRdKafka

/// Why a call of a transaction did not succeed, and what is left to do.
package struct TransactionError: Error, Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// The same call with the same arguments goes on where it was.
    case retriable
    /// The transaction must be aborted; the producer stays usable.
    case abortable
    /// Only a new producer helps.
    case fatal
  }

  package var kind: Kind
  package var error: KafkaError

  package init(_ kind: Kind, _ error: KafkaError) {
    self.kind = kind
    self.error = error
  }

  /// Takes the error object over and destroys it.
  init(consuming object: OpaquePointer) {
    let code = rd_kafka_error_code(object)
    // A fence is final, whatever flag it carries (librdkafka 2.0.2 calls some of them abortable).
    let fences = [RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH]
    kind =
      if rd_kafka_error_is_fatal(object) != 0 || fences.contains(code) { .fatal } else if
        rd_kafka_error_txn_requires_abort(object) != 0 { .abortable } else if rd_kafka_error_is_retriable(object) != 0 { .retriable } else { .fatal }
    error = KafkaError(consuming: object)
  }
}
