import Dispatch
import KafkaPipeline

extension Supervisor {
  /// How long lanes have to answer.
  static let windowsWaitMs: Int64 = 2_000

  /// The windows that a running pipeline keeps, of one key or of all; the first `limit` by their end. `completion` is called once, on a
  /// thread that no lane waits for.
  package func windows(
    of name: String, key: String?, limit: Int, completion: @escaping @Sendable (Result<WindowList, Refusal>) -> Void
  ) {
    guard let entry = table[name] else { return completion(.failure(Self.notFound(name))) }
    let gathering = WindowGathering(limit: limit) { [self] list in
      // Not on the lane's own thread.
      answers.async { [self] in
        if let list { return completion(.success(list)) }
        completion(.failure(refusal(.laneBusy, "\(name) did not get to answer within \(Self.windowsWaitMs / 1_000) s", entry)))
      }
    }
    let question = WindowQuestion(key: key.map { Array($0.utf8) }, limit: limit + 1, waitMs: Self.windowsWaitMs) { gathering.take($0) }
    guard let lanes = entry.attempt?.ask(question) else {
      let phase = entry.phase.rawValue
      return completion(.failure(refusal(.notRunning, "\(name) is in phase \(phase); only lanes that run or are paused show their windows", entry)))
    }
    gathering.expect(lanes)
    answers.asyncAfter(deadline: .now() + .milliseconds(Int(Self.windowsWaitMs))) { gathering.giveUp() }
  }
}
