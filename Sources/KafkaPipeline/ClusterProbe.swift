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

  package let brokers: String
  private let state = Monitor((answer: Answer.unknown, stopped: false))
  private static let intervalMs: Int64 = 5_000

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

  /// Ends the thread; returns at once.
  package func stop() { state.update { $0.stopped = true } }

  private static func run(_ properties: ClientProperties.Properties, _ state: Monitor<(answer: Answer, stopped: Bool)>) {
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
      } catch {
        state.update { state in
          if case .unreachable(let since, _) = state.answer {
            state.answer = .unreachable(since: since, reason: error.message)
          } else {
            state.answer = .unreachable(since: askedAt, reason: error.message)
          }
        }
      }
      let rest = max(100, intervalMs - (Clock.monotonicMs() - asked))
      _ = state.wait(timeoutMs: rest) { $0.stopped ? true : nil }
    }
  }
}
