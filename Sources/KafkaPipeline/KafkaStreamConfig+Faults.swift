extension KafkaStreamConfig {
  /// What is wrong, one sentence each. A spec is checked elsewhere, with its places named. `output`: whether it writes.
  func faults(output: Bool = true, input: Bool = true) -> [String] {
    var faults: [String] = []
    if brokers.isEmpty { faults.append("brokers is empty: a list of host:port is needed") }
    if input {
      if groupID.isEmpty { faults.append("groupID is empty") }
      if inputTopics.isEmpty { faults.append("inputTopics is empty") }
      if inputTopics.contains("") || Set(inputTopics).count < inputTopics.count { faults.append("inputTopics has an empty name or one twice") }
    }
    if output && outputTopic.isEmpty { faults.append("outputTopic is empty") }
    if input && output && inputTopics.contains(outputTopic) {
      faults.append("\(outputTopic) is input and output: the pipeline would read its own results")
    }
    if autoCommitIntervalMs < 10 { faults.append("autoCommitIntervalMs is at least 10, not \(autoCommitIntervalMs)") }
    if pollTimeoutMs < 1 { faults.append("pollTimeoutMs is at least 1, not \(pollTimeoutMs)") }
    if !(100...3_600_000).contains(deliveryTimeoutMs) { faults.append("deliveryTimeoutMs is from 100 to 3600000, not \(deliveryTimeoutMs)") }
    if maxProduceRetries < 0 { faults.append("maxProduceRetries is not negative") }
    return faults
  }
}
