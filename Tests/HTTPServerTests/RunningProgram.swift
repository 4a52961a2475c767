import Foundation
import Synchronization

/// A program whose output can be looked at while it runs.
final class RunningProgram: Sendable {
  private struct State {
    var output: [UInt8] = []
    var hasEnded = false
  }

  private let state = Mutex(State())
  private let process: Mutex<Process>
  private let input = Pipe()

  init(_ program: String, _ arguments: [String]) throws {
    // It may end before it has read its input.
    signal(SIGPIPE, SIG_IGN)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = input
    try process.run()
    self.process = Mutex(process)
    let reading = pipe.fileHandleForReading
    Thread.detachNewThread { [self] in
      while true {
        let piece = reading.availableData
        guard !piece.isEmpty else { break }
        state.withLock { $0.output.append(contentsOf: piece) }
      }
      state.withLock { $0.hasEnded = true }
    }
  }

  var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }

  /// nil while it runs.
  var status: Int32? {
    guard state.withLock({ $0.hasEnded }) else { return nil }
    return process.withLock { $0.isRunning ? nil : $0.terminationStatus }
  }

  /// Writes all of it and closes the program's input.
  func write(_ bytes: [UInt8]) {
    try? input.fileHandleForWriting.write(contentsOf: bytes)
    try? input.fileHandleForWriting.close()
  }

  /// Makes it stand still; `stop` still ends it.
  func pause() {
    process.withLock { if $0.isRunning { kill($0.processIdentifier, SIGSTOP) } }
  }

  /// Kills it: a program started from a thread that blocks signals would not hear the gentle one.
  func stop() {
    process.withLock { if $0.isRunning { kill($0.processIdentifier, SIGKILL) } }
  }
}
