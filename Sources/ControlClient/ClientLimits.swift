/// Limits of the client.
package enum ClientLimits {
  package static let connectSeconds = 5
  package static let deadlineSeconds = 30
  /// For a change of a spec: the old lanes drain first.
  package static let applySeconds = 90
  /// The longest that the server holds an answer back on request.
  package static let longestWaitSeconds = 60
  /// Of one answer.
  package static let maxAnswerBytes = 64 << 20
  /// Of one event of a stream.
  package static let maxEventBytes = 8 << 20
  /// An event stream has a heartbeat every 10 s or so; without a byte for so long the connection is taken for dead.
  package static let silenceSeconds = 45
  /// Attempts to connect a stream again without an event between them.
  package static let maxReconnects = 5
  package static let reconnectPauseSeconds: UInt32 = 1
  package static let maxTokenFileBytes = 1 << 16
  package static let watchSeconds: UInt32 = 2
}
