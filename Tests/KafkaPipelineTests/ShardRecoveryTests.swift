import KafkaClient
import Testing

@testable import KafkaPipeline

/// The rows of the load table that can occur with one daemon.
@Suite struct ShardRecoveryTests {
  private static let a = TopicPartition("in", 0)
  private static let b = TopicPartition("in", 1)

  private func text(_ n: Int64, store: String = "me", signature: String = "sig") -> String {
    OffsetText(
      storeID: store, n: n, replayFrom: 1, partitionWatermark: nil, shardWatermark: 5, largestRevision: 0, signature: signature
    ).text
  }

  private func decide(
    _ committed: [PartitionOffset], head: Int64?, headSignature: String = "sig", isNewPipeline: Bool = true
  ) -> ShardRecovery {
    let head = head.map { ShardRecovery.Head(n: $0, signature: headSignature, partitions: [Self.a, Self.b]) }
    return .decide(shard: 0, committed: committed, head: head, storeID: "me", signature: "sig", isNewPipeline: isNewPipeline)
  }

  private func code(_ recovery: ShardRecovery) -> String? {
    if case .refused(let failure) = recovery { failure.code } else { nil }
  }

  private func at(_ offset: Int64?, _ metadata: String = "") -> [PartitionOffset] {
    [PartitionOffset(Self.a, offset: offset, metadata: metadata), PartitionOffset(Self.b, offset: offset, metadata: metadata)]
  }

  @Test("A new pipeline without offsets starts as start_at says")
  func new() {
    #expect(decide(at(nil), head: nil) == .empty(nextN: 1, starts: [Self.a: .startAt, Self.b: .startAt]))
  }

  @Test("Partitions that appear later start at their log start, whatever start_at says")
  func later() {
    #expect(decide(at(nil), head: nil, isNewPipeline: false) == .empty(nextN: 1, starts: [Self.a: .logStart, Self.b: .logStart]))
  }

  @Test("The group's offsets name the stored checkpoint: it is used, and the next number is above it")
  func same() {
    #expect(decide(at(9, text(7)), head: 7) == .stored(nextN: 8))
  }

  @Test("A crash between store and group commit leaves the group behind: the stored checkpoint is used")
  func behind() {
    #expect(decide(at(9, text(6)), head: 7) == .stored(nextN: 8))
  }

  @Test("Offsets that expired while the pipeline was stopped do not matter: the stored checkpoint is used")
  func expired() {
    #expect(decide(at(nil), head: 7) == .stored(nextN: 8))
  }

  @Test("An older copy of the data folder is refused, since its windows lack records")
  func olderCopy() {
    #expect(code(decide(at(9, text(9)), head: 7)) == "state.not_here")
  }

  @Test("A pipeline that was deleted and made anew starts over as start_at says, with numbers above the old ones")
  func startsOver() {
    #expect(decide(at(9, text(9)), head: nil) == .empty(nextN: 10, starts: [Self.a: .startAt, Self.b: .startAt]))
  }

  @Test("Another data folder's checkpoint is refused, since its windows would lack records")
  func foreign() {
    #expect(code(decide(at(9, text(3, store: "other")), head: 7)) == "state.not_here")
    #expect(code(decide(at(9, text(3, store: "other")), head: nil)) == "state.not_here")
  }

  @Test("A group taken over from another consumer starts at its offsets, partitions without one as start_at says")
  func takenOver() {
    let committed = [PartitionOffset(Self.a, offset: 9), PartitionOffset(Self.b, offset: nil)]
    #expect(decide(committed, head: nil) == .empty(nextN: 1, starts: [Self.a: .offset(9), Self.b: .startAt]))
  }

  @Test("Offsets that another tool moved are refused while windows are stored")
  func moved() {
    #expect(code(decide(at(9), head: 7)) == "state.offsets_moved_outside")
  }

  @Test("Offsets of an earlier meaning of the pipeline start empty there, with numbers above theirs")
  func otherSignature() {
    #expect(
      decide(at(9, text(4, signature: "old")), head: nil)
        == .empty(nextN: 5, starts: [Self.a: .offset(9), Self.b: .offset(9)]))
  }

  @Test("Stored windows of another cluster or window are refused")
  func otherIdentity() {
    #expect(code(decide(at(nil), head: 7, headSignature: "old")) == "state.other_identity")
  }

  @Test(
    "Texts that are not ours are told apart from ours",
    arguments: ["", "ps1", "ps2;a;1;2;3;4;5;6", "ps1;a;x;2;3;4;5;6", "ps1;a;-1;2;3;4;5;6", "ps1;;1;2;3;4;5;6", "ps1;a;1;2;3;4;5;6;7"])
  func foreignTexts(_ text: String) {
    #expect(OffsetText(text) == nil)
  }

  @Test("The text beside an offset reads back as it was written")
  func roundTrip() {
    for (replay, watermark) in [(Int64?.none, Int64?.none), (5, -3), (0, .max)] {
      let written = OffsetText(
        storeID: "abc", n: 12, replayFrom: replay, partitionWatermark: watermark, shardWatermark: watermark, largestRevision: 3,
        signature: "0123456789abcdef")
      #expect(OffsetText(written.text) == written)
    }
    let text = OffsetText(
      storeID: "abc", n: 12, replayFrom: nil, partitionWatermark: nil, shardWatermark: 7, largestRevision: 1, signature: "s")
    #expect(text.text == "ps1;abc;12;x;-;7;1;s")
  }
}
