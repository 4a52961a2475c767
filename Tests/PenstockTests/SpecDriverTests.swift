import KafkaPipeline
import RecordCodec
import StreamEngine
import Testing

/// The driver with the plan of a spec, as our own tests and previews use it.
@Suite struct SpecDriverTests {
  private func driver(_ format: RecordFormat, key: KeySource = .kafka, timestamp: TimestampSource = .kafka) -> PipelineTestDriver {
    var executor = ExecutorConfiguration(
      window: .tumbling(size: 1_000, offset: 0),
      aggregations: [AggregationPlan(function: .count, field: nil), AggregationPlan(function: .sum, field: 0)], fieldCount: 1)
    executor.maxDelay = 0
    executor.allowedLateness = 0
    var decoder = RecordDecoderConfiguration(timestamp: timestamp, key: key, fields: [FieldColumn(FieldPath("v"))])
    decoder.format = format
    return PipelineTestDriver(
      plan: PipelinePlan(
        name: "p", kafka: KafkaStreamConfig(), decoder: decoder, executor: executor, memberNames: ["n", "sum"], scope: .global,
        stateIdentity: ""))
  }

  @Test("Key and timestamp can be those of the Kafka record")
  func kafka() throws {
    let driver = driver(.json)
    try driver.feed(#"{"v": 3}"#, key: "k", timestamp: 500)
    try driver.feed(#"{"v": 4}"#, key: "k", timestamp: 999)
    try driver.feed(#"{"v": 4}"#, timestamp: 999)
    try driver.feed(#"{"v": 4}"#, key: "k")
    try driver.feed(#"{"v": 4}"#, key: "", timestamp: 1_000)
    #expect(driver.takeResults() == [WindowResult(key: "k", windowStart: 0, windowEnd: 1_000, values: ["n": 2, "sum": 7])])
    #expect(driver.skippedRecords.map(\.reason) == ["missing_key", "missing_timestamp"])
  }

  @Test("Each line of JSON Lines is a record; bad and late ones are listed as the line that they are")
  func lines() throws {
    let driver = driver(.jsonLines, key: .fields([FieldPath("k")], .plain), timestamp: .field(FieldPath("t"), .milliseconds))
    try driver.feed(
      """
      {"k": "a", "t": 0, "v": 1}
      {"k": "a", "t": 1, "v": 2}
      not json
      {"k": "a", "t": 1000, "v": 4}
      """, offset: 8)
    try driver.feed(#"{"k": "a", "t": 2, "v": 8}"# + "\n")
    #expect(driver.takeResults().map(\.values) == [["n": 2, "sum": 3]])
    #expect(driver.skippedRecords.map(\.record) == [TestRecord("not json", offset: 8)])
    #expect(driver.lateRecords == [TestRecord(#"{"k": "a", "t": 2, "v": 8}"#, offset: 9)])
    #expect(driver.stats.messagesConsumed == 5)
    #expect(driver.stats.onTime + driver.stats.lateDropped + 1 == 5)
  }
}
