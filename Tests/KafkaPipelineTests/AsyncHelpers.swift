import KafkaClient
import Testing

/// Waits for a condition without holding a thread of the pool, which what is waited for may need; says what it was if it does not come.
func eventually(_ what: String, seconds: Double = 60, _ condition: () -> Bool) async {
  var left = Int64(seconds * 1000)
  var lastLook = Clock.monotonicMs()
  while !condition() {
    // Tests that block hold up the others for half a minute, and with them what they wait for: that time does not count.
    let now = Clock.monotonicMs()
    left -= min(now - lastLook, 1_000)
    lastLook = now
    guard left > 0 else {
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
