import KafkaClient

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

  /// What the cluster says of one topic.
  package struct Topic: Sendable, Equatable {
    package enum Finding: Sendable, Equatable {
      case partitions(Int)
      case missing
      /// These credentials may not see it.
      case denied(String)
    }

    package var finding: Finding
    /// Partitions that nobody leads, and since when (Unix ms) there are any.
    package var leaderless: [Int32]
    package var leaderlessSince: Int64?
    /// Unix ms.
    package var askedAt: Int64

    package init(_ finding: Finding, leaderless: [Int32] = [], leaderlessSince: Int64? = nil, askedAt: Int64) {
      self.finding = finding
      self.leaderless = leaderless
      self.leaderlessSince = leaderlessSince
      self.askedAt = askedAt
    }
  }

  private struct State {
    var answer = Answer.unknown
    var watched: Set<String> = []
    /// Of the watched ones; empty while the cluster does not answer.
    var topics: [String: Topic] = [:]
    var stopped = false
  }

  package let brokers: String
  private let state = Monitor(State())
  private static let intervalMs: Int64 = 5_000
  private static let hastyIntervalMs: Int64 = 1_000

  /// `properties`: the librdkafka properties of the pipelines' consumers that concern the connection (security.*, sasl.*, ssl.*).
  package init(brokers: String, properties: [String: String]) {
    self.brokers = brokers
    let state = state
    let started = startThread {
      Self.run(ClientProperties.probe(brokers: brokers, connection: properties), state)
    }
    if !started {
      state.update { $0.answer = .unreachable(since: Clock.wallMs(), reason: "the system gave no thread to ask with") }
    }
  }

  package var answer: Answer { state.withLock { $0.answer } }

  /// What was last heard of the topics that are watched; those not heard of yet are not in it.
  package var topics: [String: Topic] { state.withLock { $0.topics } }

  /// Asks for these topics too, from the next time on.
  package func watch(_ topics: Set<String>) {
    state.withLock { state in
      state.watched = topics
      state.topics = state.topics.filter { topics.contains($0.key) }
    }
  }

  /// Ends the thread; returns at once.
  package func stop() { state.update { $0.stopped = true } }

  private static func run(_ properties: ClientProperties.Properties, _ state: Monitor<State>) {
    var client: MetadataClient?
    while !state.withLock({ $0.stopped }) {
      let asked = Clock.monotonicMs()
      let askedAt = Clock.wallMs()
      do throws(KafkaError) {
        let asking = if let client { client } else { try MetadataClient(properties: properties) }
        client = asking
        try asking.ask(timeoutMs: Int32(intervalMs))
        let now = Clock.wallMs()
        state.update { state in
          if case .reachable(_, let since) = state.answer {
            state.answer = .reachable(lastAt: now, since: since)
          } else {
            state.answer = .reachable(lastAt: now, since: now)
          }
        }
        askTopics(asking, state, until: asked + intervalMs)
      } catch {
        state.update { state in
          state.topics = [:]
          if case .unreachable(let since, _) = state.answer {
            state.answer = .unreachable(since: since, reason: error.message)
          } else {
            state.answer = .unreachable(since: askedAt, reason: error.message)
          }
        }
      }
      // A leader that moves is back in a moment: whether it is must be known soon.
      let interval = state.withLock { $0.topics.values.contains { !$0.leaderless.isEmpty } } ? hastyIntervalMs : intervalMs
      let rest = max(100, interval - (Clock.monotonicMs() - asked))
      _ = state.wait(timeoutMs: rest) { $0.stopped ? true : nil }
    }
  }

  /// A topic without an answer in time keeps the one before: the next question for the brokers themselves tells what is wrong.
  private static func askTopics(_ client: MetadataClient, _ state: Monitor<State>, until deadline: Int64) {
    for name in state.withLock({ $0.watched }).sorted() {
      let rest = deadline - Clock.monotonicMs()
      guard rest > 0 else { return }
      let askedAt = Clock.wallMs()
      var found: Topic?
      do throws(KafkaError) {
        let topic = try client.topic(name, timeoutMs: Int32(clamping: rest))
        found = Topic(.partitions(topic.partitionCount), leaderless: topic.leaderless, askedAt: askedAt)
      } catch {
        if error.isUnknownTopic { found = Topic(.missing, askedAt: askedAt) }
        if error.isAuthorization { found = Topic(.denied(error.message), askedAt: askedAt) }
      }
      guard var found else { continue }
      state.withLock { state in
        guard state.watched.contains(name) else { return }
        if !found.leaderless.isEmpty { found.leaderlessSince = state.topics[name]?.leaderlessSince ?? askedAt }
        state.topics[name] = found
      }
    }
  }
}
