import Testing

@testable import KafkaPipeline

@Suite struct CommitProtocolTests {
  private typealias Step = (CommitProtocol.Event, [CommitProtocol.Action])

  /// Facts and the answers they must get, in order.
  @discardableResult
  private func run(_ guarantee: DeliveryGuarantee, _ steps: [Step]) -> CommitProtocol {
    var machine = CommitProtocol(guarantee)
    for (index, (event, answer)) in steps.enumerated() { #expect(machine.handle(event) == answer, "step \(index): \(event)") }
    return machine
  }

  private let whole: [Step] = [
    (.due(changed: true), [.snapshot(full: false)]), (.delivered, [.store]), (.stored, [.commitOffsets]),
    (.offsetsCommitted, [.promote]), (.promoted, []),
  ]
  private let untilSent: [Step] = [
    (.due(changed: true), [.begin, .snapshot(full: false)]), (.begun, []), (.delivered, [.store]),
    (.stored, [.sendOffsets]),
  ]
  private var untilCommitted: [Step] { untilSent + [(.offsetsSent, [.commitTransaction])] }
  private var wholeTransaction: [Step] { untilCommitted + [(.transactionCommitted, [.promote]), (.promoted, [])] }

  // MARK: at_least_once

  @Test("at_least_once: copy, delivery reports, PENDING, group offsets, HEAD; outputs never wait")
  func atLeastOnce() {
    let machine = run(.atLeastOnce, whole + whole)
    #expect(machine.phase == .idle && machine.outputs == .produce && !machine.isOpen)
  }

  @Test("at_least_once: after a failed store the next copy is full, and no offset was committed")
  func failedStore() {
    run(
      .atLeastOnce,
      whole + Array(whole.prefix(2)) + [(.storeFailed, []), (.due(changed: false), [.snapshot(full: true)])] + Array(whole.dropFirst())
        + [(.due(changed: true), [.snapshot(full: false)])])
  }

  @Test("at_least_once: a refused group commit stays due, even if nothing changes, and as its copy is not valid the next one is full")
  func failedCommit() {
    run(
      .atLeastOnce,
      Array(whole.prefix(3)) + [(.offsetsRefused, []), (.due(changed: false), [.snapshot(full: true)])] + Array(whole.dropFirst())
        + [(.due(changed: false), []), (.due(changed: true), [.snapshot(full: false)])])
  }

  @Test("Nothing is done while nothing changed, one commit is under way at a time, and facts out of place change nothing")
  func order() {
    run(.atLeastOnce, [(.due(changed: false), []), (.stored, []), (.offsetsCommitted, []), (.delivered, [])])
    run(.atLeastOnce, Array(whole.prefix(1)) + [(.due(changed: true), []), (.stored, []), (.offsetsCommitted, [])] + Array(whole.dropFirst()))
    run(.exactlyOnce, untilSent + [(.due(changed: true), []), (.delivered, []), (.transactionCommitted, []), (.promoted, [])])
  }

  // MARK: exactly_once

  @Test("exactly_once: begin, copy, reports, PENDING, offsets in the transaction, commit, HEAD")
  func exactlyOnce() {
    let machine = run(.exactlyOnce, wholeTransaction + wholeTransaction)
    #expect(machine.phase == .idle && machine.outputs == .begin && !machine.isOpen)
  }

  @Test("exactly_once: the first output begins the transaction, which is due then, and outputs wait from its copy to its end")
  func outputs() {
    var machine = CommitProtocol(.exactlyOnce)
    #expect(machine.outputs == .begin)
    _ = machine.handle(.begun)
    #expect(machine.outputs == .produce)
    #expect(machine.handle(.due(changed: false)) == [.snapshot(full: false)], "what is in a transaction is committed")
    for (event, _) in untilCommitted.dropFirst(2) {
      #expect(machine.outputs == .hold, "\(machine.phase)")
      _ = machine.handle(event)
    }
    _ = machine.handle(.transactionCommitted)
    #expect(machine.outputs == .hold)
    _ = machine.handle(.promoted)
    #expect(machine.outputs == .begin)
  }

  @Test("A call that can go on is made again; as its answer may have got lost, a new producer follows the commit")
  func retried() {
    run(.exactlyOnce, untilSent + [(.refused(.retriable), [.sendOffsets]), (.offsetsSent, [.commitTransaction]), (.transactionCommitted, [.promote]), (.promoted, [.restart])])
    run(.exactlyOnce, untilCommitted + [(.refused(.retriable), [.commitTransaction]), (.transactionCommitted, [.promote]), (.promoted, [.restart])])
  }

  @Test("What must be aborted is aborted, and the shards are loaded again")
  func aborted() {
    for steps in [untilSent, untilCommitted] {
      let isSure = steps.count == untilSent.count
      let machine = run(.exactlyOnce, steps + [(.refused(.abortable), [.abort]), (.aborted, [isSure ? .reload : .restart])])
      #expect(machine.phase == (isSure ? .idle : .broken) && !machine.isOpen)
    }
    run(.exactlyOnce, untilSent + [(.refused(.abortable), [.abort]), (.refused(.retriable), [.abort]), (.aborted, [.restart])])
  }

  @Test("Fenced, or a store that takes nothing: a new producer, and nothing else happens with this one")
  func restarts() {
    for steps in [untilSent, untilCommitted] {
      let machine = run(.exactlyOnce, steps + [(.refused(.fatal), [.restart]), (.promoted, []), (.due(changed: true), []), (.refused(.fatal), [])])
      #expect(machine.phase == .broken && machine.outputs == .hold)
    }
    run(.exactlyOnce, Array(untilSent.prefix(3)) + [(.storeFailed, [.restart])])
    run(.exactlyOnce, untilCommitted + [(.transactionCommitted, [.promote]), (.storeFailed, [.restart])])
    run(.exactlyOnce, [(.refused(.fatal), [.restart])])
  }

  @Test("Lost partitions: an open transaction is aborted and nothing is loaded; a commit under way decides about itself")
  func abandoned() {
    run(.exactlyOnce, [(.abandoned, [])])
    let idle = run(.exactlyOnce, [(.begun, []), (.abandoned, [.abort]), (.aborted, [])])
    #expect(idle.phase == .idle)
    let ending = run(.exactlyOnce, untilSent + [(.abandoned, []), (.refused(.abortable), [.abort]), (.aborted, [])])
    #expect(ending.phase == .idle)
    let ended = run(.exactlyOnce, untilCommitted + [(.abandoned, []), (.transactionCommitted, [.promote]), (.promoted, [])])
    #expect(ended.phase == .idle)
    run(.atLeastOnce, Array(whole.prefix(2)) + [(.abandoned, [])] + Array(whole.dropFirst(2)))
  }

  @Test("The producer belongs to the commit thread while it ends a transaction, and at no other time")
  func ownership() {
    var machine = CommitProtocol(.exactlyOnce)
    for (event, _) in untilSent {
      #expect(!machine.isEndingTransaction)
      _ = machine.handle(event)
    }
    #expect(machine.isEndingTransaction)
    _ = machine.handle(.offsetsSent)
    #expect(machine.isEndingTransaction)
    var aborting = machine
    _ = aborting.handle(.refused(.abortable))
    #expect(aborting.isEndingTransaction)
    _ = machine.handle(.transactionCommitted)
    #expect(!machine.isEndingTransaction)
  }
}
