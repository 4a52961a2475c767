@testable import KafkaPipeline

/// What one simulated run is like.
struct SimSetup {
  static let size = 10
  static let delay = 3
  static let signature = "sig"

  var guarantee: DeliveryGuarantee
  var daemons: Int
  var lanes: Int
  var topics: Int
  /// Partitions of each topic, and shards.
  var partitions: Int
  var keys: Int
  /// nil: windows are kept for ever, and event time may go on while the input is quiet.
  var lateness: Int?
  /// Wrong on purpose.
  var planted: SimPlant?
  /// Of a thousand steps, how many are faults.
  var faultRate: Int
  /// A disk can be wiped, or replaced by an older copy.
  var losesDisks: Bool

  init(_ random: inout SimRandom, planted: SimPlant?) {
    self.planted = planted
    guarantee = planted?.guarantee ?? (random.chance(600) ? .exactlyOnce : .atLeastOnce)
    daemons = random.from(1...2)
    lanes = random.from(1...2)
    topics = random.from(1...2)
    partitions = random.from(1...3)
    keys = random.from(1...3)
    // What is dropped depends on how the inputs of a shard interleave: of one input it is a function of the log.
    lateness = topics == 1 && random.chance(500) ? random.from(0...12) : nil
    faultRate = random.from(10...120)
    losesDisks = random.chance(400)
  }
}
