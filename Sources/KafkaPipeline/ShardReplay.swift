import KafkaClient

/// Of a shard whose windows are read again from the log: how far that is. Nothing of it is written or counted before it is live.
struct ShardReplay: Equatable {
  /// Per input of the shard: live from here.
  let targets: [Int64]
  /// Inputs that have arrived and are paused until all have.
  var paused: [Bool]

  init(targets: [Int64]) {
    self.targets = targets
    paused = targets.map { _ in false }
  }

  func recordsToGo(_ positions: [Int64]) -> Int64 {
    zip(targets, positions).reduce(0) { $0 + max(0, $1.0 - $1.1) }
  }

  /// Inputs to pause now.
  func arrived(_ positions: [Int64]) -> [Int] {
    targets.indices.filter { !paused[$0] && positions[$0] >= targets[$0] }
  }

  func isOver(_ positions: [Int64]) -> Bool { zip(targets, positions).allSatisfy { $0.1 >= $0.0 } }
}
