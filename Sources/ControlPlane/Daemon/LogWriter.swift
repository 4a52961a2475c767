import Dispatch
import Glibc
import Synchronization

/// The daemon's log on stderr, one line each.
///
/// Lines are written by a queue of their own, so that a reader of stderr that hangs holds up nobody; beyond `maxPending` they are
/// dropped and counted.
package final class LogWriter: Sendable {
  static let maxPending = 10_000

  private struct State {
    var limit = RepeatLimit()
    var pending = 0
    var dropped = 0
  }

  private let level: LogLevel
  private let format: LogFormat
  private let descriptor: Int32
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "penstock.log")

  package init(level: LogLevel, format: LogFormat = .text, descriptor: Int32 = STDERR_FILENO) {
    self.level = level
    self.format = format
    self.descriptor = descriptor
  }

  package func log(_ word: String, _ pipeline: String?, _ message: String) {
    let level = LogLevel(rawValue: word) ?? .info
    guard level >= self.level else { return }
    let text = Self.oneLine(message)
    // What is wanted (created, running) is always written; trouble that repeats is not.
    let note: String? = state.withLock { state in
      guard state.pending < Self.maxPending else {
        state.dropped += 1
        return nil
      }
      var note = ""
      if level >= .warning {
        guard let held = state.limit.pass("\(pipeline ?? "") \(text)", at: SystemClock.steadyMs()) else { return nil }
        if held > 0 { note = " (and \(held) more like it in the last minute or so)" }
      }
      if state.dropped > 0 {
        note += " (\(state.dropped) lines before this one were dropped)"
        state.dropped = 0
      }
      state.pending += 1
      return note
    }
    guard let note else { return }
    let line = format.line(at: SystemClock.unixMs(), level, pipeline, text + note) + "\n"
    queue.async { [self] in
      write(line)
      state.withLock { $0.pending -= 1 }
    }
  }

  /// Waits until all lines so far are written, for at most a second.
  package func flush() {
    let done = DispatchSemaphore(value: 0)
    queue.async { done.signal() }
    _ = done.wait(timeout: .now() + .seconds(1))
  }

  private func write(_ line: String) {
    let bytes = Array(line.utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress! + written, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      // Nowhere to say so.
      guard count > 0 else { return }
      written += count
    }
  }

  /// Record bytes and messages of brokers must not be able to forge lines or move a terminal's cursor.
  private static func oneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }))
  }
}
