import KafkaPipeline
import Synchronization

/// One probe for each distinct (brokers, connection properties), as long as a pipeline wants it.
final class ProbePool: Sendable {
  struct Key: Hashable, Sendable {
    var brokers: String
    var properties: [String: String]

    /// The order of brokers in the list makes no difference.
    init(brokers: String, properties: [String: String]) {
      self.brokers = brokers.split(separator: ",").sorted().joined(separator: ",")
      self.properties = properties
    }
  }

  private struct Held {
    var probe: any ClusterProbing
    var users: Int
  }

  private let held = Mutex<[Key: Held]>([:])
  private let make: @Sendable (String, [String: String]) -> any ClusterProbing

  init(make: @escaping @Sendable (String, [String: String]) -> any ClusterProbing) { self.make = make }

  func acquire(_ key: Key) -> any ClusterProbing {
    held.withLock { held in
      if let known = held[key] {
        held[key]?.users += 1
        return known.probe
      }
      let probe = make(key.brokers, key.properties)
      held[key] = Held(probe: probe, users: 1)
      return probe
    }
  }

  /// Ends the probe when nobody wants it any more.
  func release(_ key: Key) {
    let ended: (any ClusterProbing)? = held.withLock { held in
      guard let known = held[key] else { return nil }
      guard known.users <= 1 else {
        held[key]?.users -= 1
        return nil
      }
      held[key] = nil
      return known.probe
    }
    ended?.stop()
  }

  var count: Int { held.withLock { $0.count } }
}
