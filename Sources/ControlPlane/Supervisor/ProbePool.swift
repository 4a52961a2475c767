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

  /// What one pipeline wants to know.
  struct Wish: Equatable, Sendable {
    var key: Key
    var topics: Set<String>
  }

  private struct Held {
    var probe: any ClusterProbing
    var users = 0
    /// How many users want each.
    var topics: [String: Int] = [:]

    mutating func count(_ wish: Wish, _ step: Int) {
      users += step
      for topic in wish.topics {
        let count = topics[topic, default: 0] + step
        topics[topic] = count > 0 ? count : nil
      }
      probe.watch(Set(topics.keys))
    }
  }

  private let held = Mutex<[Key: Held]>([:])
  private let make: @Sendable (String, [String: String]) -> any ClusterProbing

  init(make: @escaping @Sendable (String, [String: String]) -> any ClusterProbing) { self.make = make }

  func acquire(_ wish: Wish) -> any ClusterProbing {
    held.withLock { held in
      var known = held[wish.key] ?? Held(probe: make(wish.key.brokers, wish.key.properties))
      known.count(wish, 1)
      held[wish.key] = known
      return known.probe
    }
  }

  /// Ends the probe when nobody wants it any more.
  func release(_ wish: Wish) {
    let ended: (any ClusterProbing)? = held.withLock { held in
      guard var known = held[wish.key] else { return nil }
      known.count(wish, -1)
      held[wish.key] = known.users > 0 ? known : nil
      return known.users > 0 ? nil : known.probe
    }
    ended?.stop()
  }

  var count: Int { held.withLock { $0.count } }
}
