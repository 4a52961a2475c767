import KafkaClient
import StreamEngine
import Testing

@testable import KafkaPipeline

@Suite struct CheckpointBodyTests {
  private let body = CheckpointBody(
    storeID: "abc", signature: "sig", watermark: -5, allIdleSince: 77, allIdleWatermark: nil,
    inputs: [
      .init(partition: TopicPartition("in", 0), next: 12, time: InputTime(watermark: -5, idle: true), lastRecordAt: 3),
      .init(partition: TopicPartition("in", 7), next: 0, time: InputTime(), lastRecordAt: nil),
    ],
    tables: [TableState(kind: .slice, start: -60_000, rowCount: 2, largestRevision: 4, firstOffsets: [3, .max]), Self.trail, Self.keyed])
  private static let trail: TableState = {
    var state = TableState(kind: .trail, start: 7, firstOffsets: [.max, 0])
    state.span = 1_000
    return state
  }()
  private static let keyed: TableState = {
    var state = TableState(kind: .keyed, start: 0, rowCount: 9)
    state.keyBlocks = [PageBlock(first: 1, count: 3)]
    state.blobBlocks = [PageBlock(first: 0, count: 2), PageBlock(first: 4, count: 2)]
    return state
  }()

  @Test("What a checkpoint says of its shard reads back as it was written")
  func roundTrip() {
    var body = body
    #expect(CheckpointBody(body.serialized()) == body)
    body.letGo = 12
    #expect(CheckpointBody(body.serialized()) == body)
  }

  @Test("A damaged description is refused, and never traps")
  func damaged() {
    let bytes = body.serialized()
    for length in 0..<bytes.count { #expect(CheckpointBody(Array(bytes.prefix(length))) == nil) }
    for position in bytes.indices {
      for value: UInt8 in [0, UInt8(ascii: "9"), UInt8(ascii: "\""), UInt8(ascii: "}"), 0xff] {
        var copy = bytes
        copy[position] = value
        _ = CheckpointBody(copy)
      }
    }
  }
}
