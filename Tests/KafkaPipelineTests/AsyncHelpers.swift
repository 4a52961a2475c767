import KafkaClient
import Testing

/// Waits for a condition without holding a thread of the pool, which what is waited for may need; says what it was if it does not come.
func eventually(_ what: String, seconds: Double = 60, _ condition: () -> Bool) async {
  let deadline = Clock.monotonicMs() + Int64(seconds * 1000)
  while Clock.monotonicMs() < deadline {
    if condition() { return }
    try? await Task.sleep(for: .milliseconds(5))
  }
  Issue.record("did not come: \(what)")
}

/// Runs what blocks on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    let started = startThread { continuation.resume(with: Swift.Result { try body() }) }
    #expect(started)
  }
}
