import Glibc
import RecordCodec

/// The standard output and error output. Lines go out at once.
struct Console {
  /// The result.
  func out(_ text: String) throws(ClientError) {
    if let why = Self.write(text, to: STDOUT_FILENO) { throw .failed("the output cannot be written: \(why)") }
  }

  /// The server's document, for programs.
  func out(_ document: JSONValue) throws(ClientError) { try out(SafeText.json(document.serialized(pretty: true)) + "\n") }

  /// The same in one line.
  func line(_ document: JSONValue) throws(ClientError) { try out(SafeText.json(document.serialized()) + "\n") }

  /// Something beside the result.
  func note(_ text: String) { _ = Self.write("penstock: \(text)\n", to: STDERR_FILENO) }

  func error(_ text: String) { _ = Self.write(text, to: STDERR_FILENO) }

  /// Asks on the terminal. Without one at both ends nobody can be asked, and the answer is yes.
  func confirm(_ question: String) -> Bool {
    guard Terminal.isTerminal(STDIN_FILENO), Terminal.isTerminal(STDERR_FILENO) else { return true }
    error("\(question) [y/N] ")
    let answer = readLine(strippingNewline: true) ?? ""
    return ["y", "yes"].contains(answer.lowercased())
  }

  /// Why it failed, or nil.
  private static func write(_ text: String, to descriptor: Int32) -> String? {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done) }
      if count < 0 {
        if errno == EINTR { continue }
        // Inside a transfer libcurl ignores SIGPIPE, which elsewhere ends the program; this is how a shell shows that.
        if errno == EPIPE { _exit(128 + SIGPIPE) }
        if errno == EAGAIN {
          usleep(1_000)
          continue
        }
        return String(cString: strerror(errno))
      }
      done += count
    }
    return nil
  }
}
