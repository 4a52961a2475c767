import CRdKafka

extension KafkaConsumer {
  /// Deletes a consumer group that has no members; one that is not there is no error. Blocks for at most `timeoutMs`.
  package func deleteGroup(_ name: String, timeoutMs: Int32) throws(KafkaError) {
    guard let group = rd_kafka_DeleteGroup_new(name) else { throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "the group has no name") }
    defer { rd_kafka_DeleteGroup_destroy(group) }
    let answers = rd_kafka_queue_new(client)
    defer { rd_kafka_queue_destroy(answers) }
    let options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DELETEGROUPS)
    defer { rd_kafka_AdminOptions_destroy(options) }
    _ = withErrorText { text, capacity in
      rd_kafka_AdminOptions_set_request_timeout(options, timeoutMs, text, capacity).rawValue == 0
    }
    var groups: [OpaquePointer?] = [group]
    rd_kafka_DeleteGroups(client, &groups, 1, options, answers)
    // The client answers by itself at the timeout.
    guard let event = rd_kafka_queue_poll(answers, timeoutMs + 1_000) else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT) }
    defer { rd_kafka_event_destroy(event) }
    let failed = rd_kafka_event_error(event)
    if failed.rawValue != 0 { throw KafkaError(failed, rd_kafka_event_error_string(event).map { String(cString: $0) }) }
    var count = 0
    guard let result = rd_kafka_event_DeleteGroups_result(event), let results = rd_kafka_DeleteGroups_result_groups(result, &count), count == 1,
      let error = rd_kafka_group_result_error(results[0])
    else { return }
    let code = rd_kafka_error_code(error)
    if code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND { return }
    throw KafkaError(code, String(cString: rd_kafka_error_string(error)))
  }
}
