/// What the daemon as a whole is doing.
package struct DaemonState: Sendable {
  package enum Stage: Int, Sendable, Comparable {
    case loading, serving, draining, closed
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  package internal(set) var stage = Stage.loading
  /// Steady ms.
  package internal(set) var lastTick: Int64
  package internal(set) var shutdownIssued = false
  /// Why the data folder could not be written when it was last tried; nil when it could.
  package internal(set) var storeFault: DiskFault?
  /// Steady ms of the last try that came to an end.
  package internal(set) var storeCheckedAt: Int64?
  /// Steady ms of the last try that was begun.
  var storeCheckBegunAt: Int64?

  /// Steady ms.
  var memoryGivenBackAt: Int64

  /// Only the newest chain of ticks goes on.
  var tickChain = 0
  /// Steady ms; nil while a tick is under way.
  var nextTickAt: Int64?

  init(lastTick: Int64) {
    self.lastTick = lastTick
    memoryGivenBackAt = lastTick
  }
}
