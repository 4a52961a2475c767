import CAllocationCounter
import KafkaClient
import Testing

@testable import KafkaPipeline

/// The loop of a lane run by hand on the test's own thread, whose allocations are counted: ours and the client's.
@Suite(.serialized, .enabled(if: penstock_allocations_are_counted())) struct AllocationTests {
  @Test("A record costs no allocation between poll and produce")
  func perRecord() throws {
    let cluster = try EmbeddedCluster()
    var records: [String] = []
    for index in 0..<60_000 {
      records.append(#"{"k":"key-\#(index % 1_000)","t":\#(index / 100),"v":\#(index),"pad":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#)
    }
    try cluster.produce(Array(records[..<20_000]))
    var plan = cluster.plan()
    plan.kafka.autoCommitIntervalMs = 3_600_000
    // Pauses end when the lane publishes, which it does not do here.
    plan.maxDriftMs = .max
    let environment = cluster.environment()
    let loop = LaneLoop(
      lane: Lane(index: 0), plan: plan, environment: environment,
      sharedStore: SharedStore(directory: environment.stateDirectory, dropsOldState: false, log: { _, _ in }))
    loop.publishIntervalMs = 3_600_000
    defer {
      loop.close(leaving: false)
      loop.sharedStore.close()
    }
    #expect(try loop.connect())
    try consume(loop, 20_000)
    // Warm: every key is known, every buffer has its size.
    try cluster.produce(Array(records[20_000...]))
    let before = penstock_allocations_of_this_thread()
    let passes = try consume(loop, 60_000)
    let made = penstock_allocations_of_this_thread() - before
    print("allocations on the loop thread for 40,000 records in \(passes) passes: \(made)")
    // Per pass the client may make a few; per record nobody does. Unoptimised Swift makes some hundreds beside, however few the passes are.
    #if DEBUG
      let beside = 512
    #else
      let beside = 0
    #endif
    #expect(made <= 64 * passes + beside)
    #expect(made < 40_000 / 20)
  }

  @Test("The counter counts")
  func counter() {
    let before = penstock_allocations_of_this_thread()
    var keep: [[Int]] = []
    for index in 0..<100 { keep.append([index]) }
    #expect(penstock_allocations_of_this_thread() - before >= 100)
    #expect(keep.count == 100)
  }

  /// Number of passes it took.
  @discardableResult
  private func consume(_ loop: LaneLoop, _ count: Int64) throws -> Int {
    let deadline = Clock.monotonicMs() + 30_000
    var passes = 0
    while loop.counts.consumed < count && Clock.monotonicMs() < deadline {
      try loop.pass()
      passes += 1
    }
    #expect(loop.counts.consumed == count)
    return passes
  }
}
