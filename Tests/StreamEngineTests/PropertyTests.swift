import Foundation
import StreamEngine
import Testing

/// `PENSTOCK_SEED=<seed>` replays one case of each kind, the smallest that fails alike; `PENSTOCK_CASES=<n>` makes a long campaign.
@Suite("Random cases against the oracle")
struct PropertyTests {
  static let replayed = ProcessInfo.processInfo.environment["PENSTOCK_SEED"].flatMap { UInt64($0) }
  static let cases = ProcessInfo.processInfo.environment["PENSTOCK_CASES"].flatMap { UInt64($0) } ?? 2_000

  static let seeds: Range<UInt64> = {
    if let replayed { return replayed..<replayed + 1 }
    let first = UInt64.random(in: 0 ... UInt64.max / 2)
    print("StreamEngine random cases: seeds \(first) ... \(first + cases - 1); PENSTOCK_SEED=<seed> replays one")
    return first..<first + cases
  }()

  @Test(
    "results, revisions, counters, outcomes and times equal those of a plain recomputation, over restarts too",
    arguments: RandomCase.Kind.allCases)
  func equalsOracle(_ kind: RandomCase.Kind) {
    var results = 0
    let time = ContinuousClock().measure {
      PropertyTests.holds(kind, PropertyTests.seeds) { results += try CaseRun.compare($0) }
    }
    if PropertyTests.cases > 2_000 { print("StreamEngine random cases: \(kind) x \(PropertyTests.seeds.count): \(results) results, \(time)") }
    #expect(results > PropertyTests.seeds.count / 2 || PropertyTests.replayed != nil)
  }

  @Test(
    "the same records cut into other batches give equal last results, counters and outcomes", arguments: RandomCase.Kind.allCases)
  func cutsMakeNoDifference(_ kind: RandomCase.Kind) {
    PropertyTests.holds(kind, PropertyTests.seeds) { try CutRun.compare($0) }
  }

  @Test(
    "a shard that is lost and read again from the log goes on with the same figures and higher revisions",
    arguments: [RandomCase.Kind.tumbling, .sliding, .session])
  func replaysFromTheLog(_ kind: RandomCase.Kind) {
    var rebuilds = 0
    PropertyTests.holds(kind, PropertyTests.seeds) { rebuilds += try ReplayRun.compare($0, seed: PropertyTests.seeds.lowerBound) }
    #expect(rebuilds > PropertyTests.seeds.count / 10 || PropertyTests.replayed != nil)
  }

  /// Goes on until five cases have failed. Of a replayed one, tells the steps of the smallest that fails.
  private static func holds(_ kind: RandomCase.Kind, _ seeds: Range<UInt64>, _ check: (RandomCase) throws -> Void) {
    func failure(_ test: RandomCase) -> String? {
      do { try check(test) } catch { return "\(error)" }
      return nil
    }
    var failures = 0
    for seed in seeds where failures < 5 {
      let test = RandomCase(kind, seed: seed)
      guard var text = failure(test) else { continue }
      failures += 1
      if replayed != nil {
        let least = test.shrunk { failure($0) != nil }
        text = (failure(least) ?? text) + "\n  steps\n" + least.steps.map { "    \($0)" }.joined(separator: "\n")
      }
      Issue.record("\(kind) seed \(seed), \(text)")
    }
  }
}
