import KafkaClient
import Testing

/// Waits for a condition without holding a thread of the pool, which what is waited for may need; says what it was if it does not come.
func eventually(_ what: String, seconds: Double = 60, _ condition: () -> Bool) async {
  let deadline = Clock.monotonicMs() + Int64(seconds * 1000)
  while !condition() {
    guard Clock.monotonicMs() < deadline else {
      Issue.record("did not come: \(what)")
      return
    }
    try? await Task.sleep(for: .milliseconds(5))
  }
}

/// Runs what blocks on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    let started = startThread { continuation.resume(with: Swift.Result { try body() }) }
    #expect(started)
  }
}
