import KafkaClient

/// Asks a lane for the windows that it keeps, as they stand.
package struct WindowQuestion: Sendable {
  /// nil: of all keys.
  package var key: [UInt8]?
  /// Most windows of one lane.
  package var limit: Int
  /// Monotonic ms; nobody waits for the answer afterwards.
  let deadline: Int64
  /// Called at most once for each lane, on the lane's thread: it must not wait.
  package var answer: @Sendable ([ListedWindow]) -> Void

  package init(key: [UInt8]?, limit: Int, waitMs: Int64, answer: @escaping @Sendable ([ListedWindow]) -> Void) {
    self.key = key
    self.limit = limit
    deadline = Clock.monotonicMs() + waitMs
    self.answer = answer
  }
}
