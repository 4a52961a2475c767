import KafkaPipeline
import RecordCodec
import StreamEngine
import Testing

@Suite struct EventKeySpecTests {
  /// The key that a spec's pipeline makes of the fields `b` and `a`.
  private func specKey(_ paths: [String], _ rendering: KeyRendering, a: String, b: String) throws -> String? {
    var configuration = ExecutorConfiguration(
      window: .tumbling(size: 10, offset: 0), aggregations: [AggregationPlan(function: .count, field: nil)], fieldCount: 0)
    configuration.maxDelay = 0
    let plan = PipelinePlan(
      name: "p", kafka: KafkaStreamConfig(),
      decoder: RecordDecoderConfiguration(
        timestamp: .field(FieldPath("t"), .milliseconds), key: .fields(paths.map { FieldPath($0) }, rendering), fields: []),
      executor: configuration, memberNames: ["count"], scope: .global, stateIdentity: "")
    let driver = PipelineTestDriver(plan: plan)
    for time in [0, 100] {
      let document: JSONValue = ["t": .integer(Int64(time)), "a": .string(a), "b": .string(b)]
      try driver.feed(TestRecord(value: document.serialized()))
    }
    return driver.takeResults().first?.key
  }

  @Test(
    "A program's key and a spec's key of the same values are the same",
    arguments: [("x", "y"), ("a|b", ":"), ("\\", ","), ("", "ü|"), ("\\|", "\\\\"), ("line\nbreak", "\"quoted\"")])
  func same(a: String, b: String) throws {
    #expect(try specKey(["a"], .plain, a: a, b: b) == EventKey.plain(a).text)
    #expect(try specKey(["b", "a"], .plain, a: a, b: b) == EventKey.plain(b, a).text)
    #expect(try specKey(["a"], .session, a: a, b: b) == EventKey.session(a).text)
    #expect(try specKey(["a", "b"], .user, a: a, b: b) == EventKey.user(a, b).text)
    #expect(try specKey(["a"], .model, a: a, b: b) == EventKey.model(a).text)
    #expect(try specKey(["b", "a"], .composite, a: a, b: b) == EventKey.composite([("b", b), ("a", a)]).text)
  }
}
