import Synchronization

/// What the windows of all pipelines may take together. Beyond it the pipeline that takes most has to end.
package final class StateBudget: Sendable {
  /// Bytes.
  package let limit: Int

  private struct Account {
    var pipeline: String
    var bytes: Int
  }

  private let accounts = Mutex<[ObjectIdentifier: Account]>([:])

  package init(limit: Int = .max) { self.limit = max(0, limit) }

  /// Notes what a lane of a pipeline takes. Returns what all take, if that is too much and it is this pipeline that takes most.
  func note(_ bytes: Int, of lane: ObjectIdentifier, _ pipeline: String) -> Int? {
    if limit == .max { return nil }
    return accounts.withLock { accounts in
      accounts[lane] = Account(pipeline: pipeline, bytes: bytes)
      let total = accounts.values.reduce(0) { $0 + $1.bytes }
      guard total > limit else { return nil }
      var taken: [String: Int] = [:]
      for account in accounts.values { taken[account.pipeline, default: 0] += account.bytes }
      // Of two that take the same only one ends.
      let largest = taken.max { ($0.value, $0.key) < ($1.value, $1.key) }
      return largest?.key == pipeline ? total : nil
    }
  }

  /// The lane is over.
  func close(_ lane: ObjectIdentifier) {
    if limit == .max { return }
    accounts.withLock { $0[lane] = nil }
  }
}
