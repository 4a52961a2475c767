/// Asks one cluster for its metadata every 5 s on a thread and client of its own, with a 5 s limit for each answer: the client's own
/// events come a minute late.
package final class ClusterProbe: Sendable {
  package enum Answer: Sendable, Equatable {
    case unknown
    /// Unix ms of the last answer, and of the first in this unbroken run of answers.
    case reachable(lastAt: Int64, since: Int64)
    /// Since when (Unix ms), and the client's reason.
    case unreachable(since: Int64, reason: String)
  }

  package let brokers: String

  /// `properties`: the librdkafka properties of the pipelines' consumers that concern the connection (security.*, sasl.*, ssl.*).
  package init(brokers: String, properties: [String: String]) {
    self.brokers = brokers
  }

  package var answer: Answer { .unknown }

  /// Ends the thread; returns at once.
  package func stop() {}
}
