import CRdKafka

/// Transactions of a producer that has a `transactional.id`. Calls block for at most about their timeout, but for a coordinator that
/// does not answer: librdkafka 2.0.2 can then stay in `sendOffsets` for as long as it is away, so the caller has a watchdog.
extension KafkaProducer {
  /// Fences every older producer with the same `transactional.id` and ends the transaction it left behind.
  package func initTransactions(timeoutMs: Int32) throws(TransactionError) {
    try check(rd_kafka_init_transactions(client, timeoutMs))
  }

  package func beginTransaction() throws(TransactionError) { try check(rd_kafka_begin_transaction(client)) }

  /// The group takes the offsets once the transaction commits, if the member of `group` still belongs to it then.
  package func sendOffsets(
    _ offsets: [PartitionOffset], of group: GroupMetadata, timeoutMs: Int32
  ) throws(TransactionError) {
    let list = PartitionList(offsets)
    try check(rd_kafka_send_offsets_to_transaction(client, list.pointer, group.pointer, timeoutMs))
  }

  /// Every record must have its delivery report.
  package func commitTransaction(timeoutMs: Int32) throws(TransactionError) {
    try check(rd_kafka_commit_transaction(client, timeoutMs))
  }

  /// Serves the delivery reports of what it purges on the calling thread: nobody else may use the producer meanwhile.
  package func abortTransaction(timeoutMs: Int32) throws(TransactionError) {
    try check(rd_kafka_abort_transaction(client, timeoutMs))
  }

  /// Why the transaction that has begun can only be aborted; nil if it can go on. (Beginning one more is refused with that reason.)
  package var transactionFailure: KafkaError? {
    guard let object = rd_kafka_begin_transaction(client) else { return nil }
    let failure = TransactionError(consuming: object)
    return failure.error.code == RD_KAFKA_RESP_ERR__STATE.rawValue ? nil : failure.error
  }

  private func check(_ error: OpaquePointer?) throws(TransactionError) {
    if let error { throw TransactionError(consuming: error) }
  }
}
