import Testing

@testable import KafkaPipeline

@Suite struct CommitProtocolTests {
  /// A checkpoint from snapshot to group commit, as facts and the answers they must get.
  private func run(_ steps: [(CommitProtocol.Event, CommitProtocol.Action?)], from begin: CommitProtocol = CommitProtocol()) -> CommitProtocol {
    var machine = begin
    for (index, (event, answer)) in steps.enumerated() {
      #expect(machine.handle(event) == answer, "step \(index): \(event)")
    }
    return machine
  }

  private let whole: [(CommitProtocol.Event, CommitProtocol.Action?)] = [
    (.delivered, .store), (.stored, .commitOffsets), (.committed, nil),
  ]

  @Test("The order is snapshot, delivery reports, store, group offsets")
  func order() {
    let machine = run([(.due(changed: true), .snapshot(full: true))] + whole)
    #expect(machine.phase == .idle)
  }

  @Test("The first snapshot is full, and the next one holds only what changed")
  func firstIsFull() {
    _ = run([(.due(changed: false), .snapshot(full: true))] + whole + [(.due(changed: true), .snapshot(full: false))])
  }

  @Test("After a failed store the next snapshot is full, and no offset was committed")
  func failedStore() {
    _ = run(
      [(.due(changed: true), .snapshot(full: true))] + whole + [
        (.due(changed: true), .snapshot(full: false)), (.delivered, .store), (.storeFailed, nil),
        (.due(changed: false), .snapshot(full: true)),
      ])
  }

  @Test("A failed group commit stays due, even if nothing changes")
  func failedCommit() {
    _ = run([
      (.due(changed: true), .snapshot(full: true)), (.delivered, .store), (.stored, .commitOffsets), (.commitFailed, nil),
      (.due(changed: false), .snapshot(full: false)), (.delivered, .store), (.stored, .commitOffsets), (.committed, nil),
      (.due(changed: false), nil),
    ])
  }

  @Test("Nothing is done while nothing changed")
  func unchanged() {
    _ = run([(.due(changed: true), .snapshot(full: true))] + whole + [(.due(changed: false), nil)])
  }

  @Test("One checkpoint is under way at a time, and nothing is stored before its deliveries are confirmed")
  func oneAtATime() {
    _ = run([
      (.due(changed: true), .snapshot(full: true)), (.due(changed: true), nil), (.stored, nil), (.committed, nil),
      (.delivered, .store), (.due(changed: true), nil), (.delivered, nil),
    ])
  }
}
